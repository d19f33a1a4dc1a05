// `npm run demo`: makes videos, pretrains on them with a coordinator and two worker processes, and evaluates.

import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseRecipe } from '../../shared/recipe/parse.js';
import { locateFfmpeg } from '../../shared/datasets/ffmpeg.js';
import { chooseNewRunFolder } from '../actions/run-folders.js';
import { reportError } from '../commands/report-error.js';
import { runToReport } from '../actions/run-to-report.js';
import { makeSampleVideos } from './sample-videos.js';

const RECIPE = fileURLToPath(new URL('../../../scripts/recipes/demo.yaml', import.meta.url));
const NUM_VIDEOS = 96;
const NUM_WORKERS = 2;

async function demo(): Promise<void> {
  const folder = chooseNewRunFolder(new Date(), join('runs', 'demo'));
  const videos = join(folder, 'videos');
  const out = join(folder, 'run');
  const { warning } = await locateFfmpeg();
  if (warning !== undefined) console.log(`note: ${warning}`);
  console.log(`1/3  making ${NUM_VIDEOS} short videos, and a broken one, in ${videos}`);
  const { broken } = await makeSampleVideos(videos, { numVideos: NUM_VIDEOS, seed: 1, seconds: 2.5, side: 96, fps: 12 });
  console.log(`2/3  pretraining by frame order: a coordinator and ${NUM_WORKERS} workers, then an evaluation; the log is in ${join(out, 'logs')}`);
  const overrides = [{ path: ['data', 'root'], value: videos, flag: 'the demo\'s videos' }];
  const { recipe } = parseRecipe(readFileSync(RECIPE, 'utf8'), { file: RECIPE, overrides });
  console.log('');
  await runToReport({
    recipe, out, mode: 'start', host: '127.0.0.1', port: 0, insecure: false,
    workers: NUM_WORKERS, backend: 'auto', isEvaluated: true, json: false, level: 'warn', isProgressShown: true,
  });
  console.log(`\n3/3  done. ${broken} was broken on purpose: its samples count as quarantined.`);
  console.log(`     the proof that every sample counted once:  npx pretext verify ${relative('.', out)}`);
  console.log('     your own videos or images:                 npx pretext run --data DIR --workers 2');
}

if (!existsSync(RECIPE)) throw new Error(`"${RECIPE}" is missing: run the demo in a clone.`);
demo().catch((error: unknown) => {
  process.exitCode = reportError(error, { asJson: false });
});
