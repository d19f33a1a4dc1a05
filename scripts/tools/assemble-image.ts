// `node build/scripts/tools/assemble-image.js IMAGE FOLDER`: puts into a new folder what an image holds of Pretext: the program as it was compiled,
// and of the installed packages those that the image's processes use. The Dockerfile calls it, and so does the test on a cluster.

import { chmodSync, cpSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { reportError } from '../commands/report-error.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const isTensorLibrary = (name: string): boolean => name.startsWith('@tensorflow/');

/** The packages that each image has beside their own dependencies. */
const IMAGES: Readonly<Record<string, (packages: Manifest) => string[]>> = {
  'coordinator': ({ dependencies = {} }) => Object.keys(dependencies).filter((name) => !isTensorLibrary(name)),
  'worker-cpu': ({ dependencies = {} }) => Object.keys(dependencies),
  'worker-webgpu': ({ dependencies = {} }) => [...Object.keys(dependencies), 'webgpu', '@tensorflow/tfjs-backend-webgpu'],
  'worker-cuda': ({ dependencies = {} }) => [...Object.keys(dependencies), '@tensorflow/tfjs-node-gpu'],
};

/** Nothing runs these. */
const isLeftOut = (path: string): boolean => /\.(map|ts|md)$/.test(path);

const readManifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** Where Node finds a package that a file of `from` imports. */
function findPackage(name: string, from: string): string | undefined {
  const here = join(from, 'node_modules', name);
  if (existsSync(join(here, 'package.json'))) return here;
  return relative(ROOT, from) === '' ? undefined : findPackage(name, dirname(from));
}

/** The folders of the packages and of all that they depend on. Throws NOT_FOUND. */
function listPackages(names: readonly string[]): string[] {
  const found = new Set<string>();
  function add(name: string, from: string, isOptional = false): void {
    const folder = findPackage(name, from);
    if (folder === undefined && !isOptional) throw new PretextError('NOT_FOUND', `the package ${name} is not installed.`, { hint: 'Run `npm ci --ignore-scripts`.' });
    if (folder === undefined || found.has(folder) || name.startsWith('@types/')) return;
    found.add(folder);
    const { dependencies = {}, optionalDependencies = {} } = readManifest(folder);
    for (const each of Object.keys({ ...dependencies, ...optionalDependencies })) add(each, folder, each in optionalDependencies);
  }
  for (const name of names) add(name, ROOT);
  return [...found];
}

/** The folders of the packages that an image holds. Throws BAD_ARGUMENT for an unknown image, NOT_FOUND where a package is not installed. */
export function listImagePackages(image: string): string[] {
  const choose = IMAGES[image];
  if (!choose) throw new PretextError('BAD_ARGUMENT', `expected one of the images ${Object.keys(IMAGES).join(', ')}, given "${image}".`);
  return listPackages(choose(readManifest(ROOT))).map((path) => relative(ROOT, path));
}

/** Copies what an image holds. Throws likewise. */
export function assembleImage(image: string, folder: string): void {
  const packages = listImagePackages(image);
  const copy = (from: string): void => cpSync(join(ROOT, from), join(folder, from), { recursive: true, filter: (path) => !isLeftOut(path) });
  for (const path of ['package.json', 'LICENSE', 'build/coordinator', 'build/worker', 'build/shared', 'build/scripts', 'scripts/recipes', 'k8s']) copy(path);
  // The compiler makes no file that can be started.
  chmodSync(join(folder, 'build/scripts/pretext.js'), 0o755);
  // Packages that lie in another's node_modules are listed themselves where they are needed.
  for (const path of packages) {
    const from = join(ROOT, path);
    cpSync(from, join(folder, path), { recursive: true, filter: (each) => !isLeftOut(each) && !each.startsWith(join(from, 'node_modules')) });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [image = '', folder = ''] = process.argv.slice(2);
  try {
    if (folder === '') throw new PretextError('BAD_ARGUMENT', 'expected an image and a folder.');
    assembleImage(image, folder);
  } catch (error) {
    process.exitCode = reportError(error, { asJson: false });
  }
}
