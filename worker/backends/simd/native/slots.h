// How a kernel reads its arguments: slots of four bytes in the shared memory, as in assembly/arguments.ts; layouts.h names
// their places. A kernel is `(memory, slots, chunk)`: one chunk of its work, independent of all other chunks.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kernel {
  const char *name;
  void (*run)(char *memory, const int32_t *slots, int chunk);
};

static inline char *pointerIn(char *memory, const int32_t *slots, int n) {
  return memory + (uint32_t)slots[n];
}
