// Claims a run's folder for a coordinator that starts a run or goes on with one.

import { explainDiskError } from '../../shared/errors/disk-error.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { makeFolder } from '../../shared/make-folder.js';
import { claimFolder, type Claim } from './claim.js';
import { hasRun, type RunMode, type RunPaths } from './folder.js';

/**
 * Takes a run's folder for this process. Throws RUN_EXISTS when another coordinator is at work in it, or when it holds a run and should not;
 * NOT_FOUND when there is nothing to resume.
 */
export async function claimRunFolder(paths: RunPaths, mode: RunMode): Promise<Claim> {
  await makeFolder(paths.logs).catch((error: unknown) => {
    throw explainDiskError(error, paths.logs);
  });
  const claim = await claimFolder(paths.coordinator);
  const problem = findProblem(paths, mode);
  if (!problem) return claim;
  await claim.withdraw();
  throw problem;
}

/** Looked for once the folder is claimed: before that a run may still begin in it. */
function findProblem(paths: RunPaths, mode: RunMode): PretextError | undefined {
  if (mode === 'start' && hasRun(paths)) {
    return new PretextError('RUN_EXISTS', `"${paths.folder}" already holds a run.`, { hint: 'Go on with it by --resume, or give another folder with --out.' });
  }
  if (mode === 'resume' && !hasRun(paths)) {
    return new PretextError('NOT_FOUND', `"${paths.folder}" holds no run to resume.`, { hint: 'Leave --resume out to start one.' });
  }
  return undefined;
}
