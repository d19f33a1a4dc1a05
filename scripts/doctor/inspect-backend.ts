// The process in which `pretext doctor` looks at one backend. It sends each finding at once, so that the doctor still has it when a
// native library crashes or hangs afterwards.

import { messageOf } from '../../shared/errors/pretext-error.js';
import { lookUp } from '../../shared/registry.js';
import { backends, chooseBackend } from '../../worker/backends/index.js';
import type { Finding } from './examine-backend.js';

const tell = (finding: Finding): Promise<void> => new Promise((resolve) => process.send!(finding, () => resolve()));

async function inspect(name: string): Promise<void> {
  if (name === 'auto') return tell({ choice: await chooseBackend('auto') });
  const backend = lookUp('backend', backends, name);
  const probe = await backend.probe();
  await tell({ probe });
  if (!probe.available) return;
  const { kind } = await backend.start();
  await tell({ kind });
  const { measureSpeed } = await import('./measure-speed.js');
  await tell({ speed: await measureSpeed() });
}

inspect(process.argv[2] ?? '')
  .catch((error: unknown) => tell({ problem: messageOf(error) }))
  .finally(() => process.exit(0));
