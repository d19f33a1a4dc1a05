// `npm run build:tensorflow`: compiles the native part of @tensorflow/tfjs-node against the C libraries in a TensorFlow that pip
// installed, for where that package's own installer cannot download them or brings a CUDA that is too old.

import { Command, CommanderError } from 'commander';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import { findPackage } from '../../worker/backends/tensorflow/find-package.js';
import { EXIT } from '../commands/exit-codes.js';
import { reportError } from '../commands/report-error.js';

/** The highest that tfjs-node 4.22 looks for; every Node from 20 on has it. */
const NAPI_VERSION = 8;
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const FIND_IN_PYTHON = "from importlib.util import find_spec; s = find_spec('tensorflow'); print(s.submodule_search_locations[0] if s else '')";
const PIP_HINT =
  'Install one with `pip install --no-deps --target DIR tensorflow-cpu` and give --folder DIR, or for CUDA `pip install tensorflow[and-cuda]` in the environment of --python.';

const HELP = `
Needs Linux, a C++ compiler (CXX, else c++) and TensorFlow 2.12 or newer, whose Python package holds the C libraries; Python
itself is needed only to find or install it. Nothing of it is imported, copied or downloaded, but for two npm packages.

The result is node_modules/@tensorflow/tfjs-node/lib/napi-v${NAPI_VERSION}/tfjs_binding.node (tfjs-node-gpu where TensorFlow was built with
CUDA). It refers to the libraries where they are: keep that folder, and run this again after \`npm ci\` or \`npm install\`.

Examples:
  npm run build:tensorflow                                    the TensorFlow of python3
  npm run build:tensorflow -- --python ~/venv/bin/python      of another environment, with its CUDA libraries
  pip install --no-deps --target ~/tensorflow tensorflow-cpu==2.18.1
  npm run build:tensorflow -- --folder ~/tensorflow           of a folder
`;

interface Options {
  readonly python: string;
  readonly folder?: string;
}

/** The package's folder as the interpreter finds it, without importing it, which takes seconds and may fail for want of a GPU. */
function findInPython(python: string): string {
  let folder: string;
  try {
    folder = execFileSync(python, ['-c', FIND_IN_PYTHON], { encoding: 'utf8' }).trim();
  } catch (cause) {
    throw new PretextError('BAD_ARGUMENT', `cannot ask ${python} for its TensorFlow: ${messageOf(cause)}`, { hint: PIP_HINT, cause });
  }
  if (folder === '') throw new PretextError('NOT_FOUND', `${python} has no TensorFlow.`, { hint: PIP_HINT });
  return folder;
}

function findTensorflow({ python, folder }: Options): string {
  const given = folder === undefined ? findInPython(python) : resolve(folder);
  const found = [given, join(given, 'tensorflow')].find((candidate) => existsSync(join(candidate, 'include/tensorflow/c/eager/c_api.h')));
  if (found === undefined) throw new PretextError('NOT_FOUND', `"${given}" holds no TensorFlow: there is no include/tensorflow/c/eager/c_api.h.`, { hint: PIP_HINT });
  const missing = LIBRARIES.filter((name) => !existsSync(join(found, name)));
  if (missing.length === 0) return found;
  throw new PretextError('NOT_FOUND', `"${found}" lacks ${missing.join(' and ')}: expected TensorFlow 2.12 or newer, for Linux.`, { hint: PIP_HINT });
}

function hasCuda(tensorflow: string): boolean {
  const info = join(tensorflow, 'python/platform/build_info.py');
  return existsSync(info) && /'is_cuda_build', True/.test(readFileSync(info, 'utf8'));
}

const require = createRequire(import.meta.url);

/** Installs what is missing beside our tfjs-core, of its version, so that there is one copy of that; the lock file stays as it is. */
function installPackages(names: readonly string[]): string[] {
  const core = findPackage('@tensorflow/tfjs-core')!;
  const { version } = require('@tensorflow/tfjs-core/package.json') as { version: string };
  if (names.some((name) => findPackage(name) === undefined)) {
    const wanted = names.map((name) => (name.startsWith('@tensorflow/') ? `${name}@${version}` : name));
    const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', ...wanted];
    execFileSync('npm', args, { cwd: dirname(dirname(dirname(core))), stdio: 'inherit' });
  }
  return names.map((name) => findPackage(name)!);
}

function compile(tensorflow: string, folder: string, nodeHeaders: string): string {
  const binding = join(folder, 'lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node');
  mkdirSync(dirname(binding), { recursive: true });
  const compiler = process.env.CXX || 'c++';
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(folder, 'binding', name));
  const libraries = LIBRARIES.map((name) => join(tensorflow, name));
  const includes = [join(nodeHeaders, 'include'), join(tensorflow, 'include')].map((path) => `-I${path}`);
  const args = ['-shared', '-fPIC', '-O2', '-std=c++17', `-DNAPI_VERSION=${NAPI_VERSION}`, ...includes, ...sources, ...libraries, `-Wl,-rpath,${tensorflow}`];
  try {
    execFileSync(compiler, [...args, '-o', binding], { stdio: 'inherit' });
  } catch (cause) {
    throw new PretextError('NOT_FOUND', `${compiler} did not compile the binding: ${messageOf(cause)}`, {
      hint: 'Install a C++ compiler (Debian, Ubuntu: apt-get install g++), or name one in CXX.', cause,
    });
  }
  return binding;
}

/** Loads it in a process of its own: a library that crashes must not take this one along. */
function readVersion(binding: string): string {
  const code = 'process.stdout.write(String(require(process.argv[1]).TF_Version))';
  return execFileSync(process.execPath, ['-e', code, binding], { encoding: 'utf8', env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' } });
}

function build(options: Options): void {
  if (process.platform !== 'linux') throw new PretextError('BAD_ARGUMENT', `this works on Linux; this is ${process.platform}.`);
  const tensorflow = findTensorflow(options);
  const isCuda = hasCuda(tensorflow);
  const name = isCuda ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const [folder, headers] = installPackages([name, 'node-api-headers']) as [string, string];
  const binding = compile(tensorflow, folder, headers);
  console.log(`TensorFlow ${readVersion(binding)}, ${isCuda ? 'with' : 'without'} CUDA, from ${tensorflow}`);
  console.log(`built ${binding}; try \`npx pretext doctor\``);
}

const command = new Command('build:tensorflow')
  .description("Builds tfjs-node's native part against TensorFlow's own libraries, for --backend tensorflow.")
  .option('--python <program>', 'interpreter whose TensorFlow to take', 'python3')
  .option('--folder <dir>', 'folder that holds TensorFlow, or a `tensorflow` folder')
  .exitOverride()
  .addHelpText('after', HELP)
  .action(build);

try {
  command.parse();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
  else process.exitCode = reportError(error, { asJson: false });
}
