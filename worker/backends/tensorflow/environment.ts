// What TensorFlow reads from the environment when it loads. It reads the environment of the process: a thread that starts
// the backend must have been created with `env: SHARE_ENV`, or nothing of this reaches the library.

/** The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them. Where that variable is set, it hides all others. */
export function listVisibleGpus(numGpus: number): string[] {
  const named = process.env.CUDA_VISIBLE_DEVICES;
  const all = Array.from({ length: numGpus }, (_, index) => String(index));
  if (named === undefined || numGpus === 0) return all;
  const entries = named.split(',').map((entry) => entry.trim());
  const end = entries.findIndex((entry) => entry === '' || entry.startsWith('-'));
  return end === -1 ? entries : entries.slice(0, end);
}

/** Asks for one GPU, no more of its memory than is needed, and a number of processor threads that does not depend on the machine. */
export function prepareEnvironment(gpu: string | undefined, threads: number): void {
  const { env } = process;
  env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  env.TF_NUM_INTRAOP_THREADS = String(threads);
  // Without this, gradients of convolutions on a GPU may differ from one run to the next.
  env.TF_DETERMINISTIC_OPS ??= '1';
  if (gpu === undefined) return;
  env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  env.CUDA_DEVICE_ORDER ??= 'PCI_BUS_ID';
  env.CUDA_VISIBLE_DEVICES = gpu;
}

/** tfjs-node 4.22 calls a function of node:util that Node 23 removed. */
export function restoreNullCheck(util: { isNullOrUndefined?: (value: unknown) => boolean }): void {
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
}
