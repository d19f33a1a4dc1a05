// The kernels of one instruction set, by name: those of the WebAssembly module that it replaces. Compiled once for each set,
// with -DKERNELS=name.

#include <stddef.h>
#include "gemm.h"

#define KERNEL(name) {#name, name}

const struct kernel KERNELS[] = {
  KERNEL(gemmRows),
  KERNEL(gemmColumns),
  {NULL, NULL},
};
