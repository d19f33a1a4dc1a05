// The Node-API edge: says which sets of kernels this processor runs, and makes them functions on a memory that JavaScript
// gives. Holds no state of its own, so that any number of threads may load it.

#include <node_api.h>
#include <stdlib.h>
#include <string.h>
#include "slots.h"

struct set {
  const char *name;
  const struct kernel *kernels;
};

#if defined(__x86_64__)
extern const struct kernel kernelsAvx512[], kernelsAvx2[];
static const struct set sets[] = {{"avx512", kernelsAvx512}, {"avx2", kernelsAvx2}};
static bool isSupported(const char *name) {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return false;
  return strcmp(name, "avx2") == 0 || (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"));
}
#elif defined(__aarch64__)
extern const struct kernel kernelsNeon[];
static const struct set sets[] = {{"neon", kernelsNeon}};
static bool isSupported(const char *name) { return true; }
#else
#error "no kernels for this processor"
#endif

#define NUM_SETS (sizeof sets / sizeof *sets)
#define CHECK(call) do { if ((call) != napi_ok) return fail(env); } while (0)

static napi_value fail(napi_env env) {
  bool isPending = false;
  napi_is_exception_pending(env, &isPending);
  if (!isPending) napi_throw_error(env, NULL, "simd: the native kernels were called with wrong arguments");
  return NULL;
}

// A kernel with the memory that it works on: it must outlive the function, which JavaScript sees to.
struct binding {
  void (*run)(char *memory, const int32_t *slots, int chunk);
  char *memory;
};

// (slots, chunk)
static napi_value runKernel(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value values[2];
  void *data;
  uint32_t slots;
  int32_t chunk;
  CHECK(napi_get_cb_info(env, info, &count, values, NULL, &data));
  CHECK(napi_get_value_uint32(env, values[0], &slots));
  CHECK(napi_get_value_int32(env, values[1], &chunk));
  const struct binding *binding = data;
  binding->run(binding->memory, (const int32_t *)(binding->memory + slots), chunk);
  return NULL;
}

static void freeBinding(napi_env env, void *data, void *hint) {
  free(data);
}

static napi_value createFunction(napi_env env, const struct kernel *kernel, char *memory) {
  struct binding *binding = malloc(sizeof *binding);
  if (binding == NULL) return fail(env);
  *binding = (struct binding){kernel->run, memory};
  napi_value function;
  if (napi_create_function(env, kernel->name, NAPI_AUTO_LENGTH, runKernel, binding, &function) != napi_ok ||
      napi_wrap(env, function, binding, freeBinding, NULL, NULL) != napi_ok) {
    free(binding);
    return fail(env);
  }
  return function;
}

// (name of a set, bytes of the memory): its kernels as functions of (slots, chunk).
static napi_value bind(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value values[2], kernels;
  char name[16];
  void *memory;
  CHECK(napi_get_cb_info(env, info, &count, values, NULL, NULL));
  CHECK(napi_get_value_string_utf8(env, values[0], name, sizeof name, NULL));
  CHECK(napi_get_typedarray_info(env, values[1], NULL, NULL, &memory, NULL, NULL));
  CHECK(napi_create_object(env, &kernels));
  for (size_t i = 0; i < NUM_SETS; i++) {
    if (strcmp(sets[i].name, name) != 0 || !isSupported(name)) continue;
    for (const struct kernel *kernel = sets[i].kernels; kernel->name != NULL; kernel++) {
      napi_value function = createFunction(env, kernel, memory);
      if (function == NULL) return NULL;
      CHECK(napi_set_named_property(env, kernels, kernel->name, function));
    }
    return kernels;
  }
  return fail(env);
}

// Exports: `builtFor`, a digest of the WebAssembly kernels whose slots these read; `supported`, names of sets, fastest first; `bind`.
NAPI_MODULE_INIT() {
  napi_value builtFor, supported, function;
  uint32_t numSupported = 0;
  CHECK(napi_create_string_utf8(env, BUILT_FOR, NAPI_AUTO_LENGTH, &builtFor));
  CHECK(napi_set_named_property(env, exports, "builtFor", builtFor));
  CHECK(napi_create_array(env, &supported));
  for (size_t i = 0; i < NUM_SETS; i++) {
    napi_value name;
    if (!isSupported(sets[i].name)) continue;
    CHECK(napi_create_string_utf8(env, sets[i].name, NAPI_AUTO_LENGTH, &name));
    CHECK(napi_set_element(env, supported, numSupported++, name));
  }
  CHECK(napi_set_named_property(env, exports, "supported", supported));
  CHECK(napi_create_function(env, "bind", NAPI_AUTO_LENGTH, bind, NULL, &function));
  CHECK(napi_set_named_property(env, exports, "bind", function));
  return exports;
}
