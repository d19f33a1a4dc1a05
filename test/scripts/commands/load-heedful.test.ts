import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';

const urlOf = (path: string): string => JSON.stringify(new URL(`../../../scripts/${path}`, import.meta.url).href);

/** Loads something, then listens to the signal itself. */
const program = (load: string): string => `import(${urlOf('commands/load-heedful.js')}).then(async ({ loadHeedful }) => {
  const { stopOnSignals } = await import(${urlOf('actions/stop-on-signals.js')});
  setInterval(() => {}, 1000);
  setTimeout(() => console.log('begun'), 0);
  await loadHeedful('worker', () => ${load});
  stopOnSignals().addEventListener('abort', () => process.exit(7));
  console.log('loaded');
});`;

for (const [when, load, word, code] of [
  ['while a command is loaded', 'new Promise(() => {})', 'begun', 10],
  ['afterwards', 'Promise.resolve()', 'loaded', 7],
] as const) {
  test(`a signal ${when} ends the process with ${code}`, async (t) => {
    const child = spawn(process.execPath, ['-e', program(load)], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.teardown(() => child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(word)) child.kill('SIGTERM');
    });
    t.deepEqual(await once(child, 'exit'), [code, null]);
  });
}
