// The vector that one instruction set computes with, and the shape of the register tile that suits its registers.
// Compiled once for each set. Sums are chains of fused multiply-adds in the order of k whatever the width, so that
// every set gives the same bits.
#pragma once

#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

// A packed panel has 8 columns. A tile is HEIGHT rows by GROUP panels, in registers.
#define PANEL 8

#if defined(__AVX512F__)
#include <immintrin.h>
typedef __m512 vec;
#define LANES 16
#define HEIGHT 12
#define GROUP 4
INLINE vec splat(float x) { return _mm512_set1_ps(x); }
INLINE vec load(const float *p) { return _mm512_loadu_ps(p); }
INLINE void store(float *p, vec x) { _mm512_storeu_ps(p, x); }
INLINE vec madd(vec sum, vec a, vec b) { return _mm512_fmadd_ps(a, b, sum); }
// Vector v of a row of packed panels: two neighbours make one vector.
INLINE vec loadPacked(const char *b, intptr_t panelBytes, int v) {
  __m512 low = _mm512_castps256_ps512(_mm256_loadu_ps((const float *)(b + 2 * v * panelBytes)));
  return _mm512_insertf32x8(low, _mm256_loadu_ps((const float *)(b + (2 * v + 1) * panelBytes)), 1);
}
#elif defined(__AVX2__)
#include <immintrin.h>
typedef __m256 vec;
#define LANES 8
#define HEIGHT 6
#define GROUP 2
INLINE vec splat(float x) { return _mm256_set1_ps(x); }
INLINE vec load(const float *p) { return _mm256_loadu_ps(p); }
INLINE void store(float *p, vec x) { _mm256_storeu_ps(p, x); }
INLINE vec madd(vec sum, vec a, vec b) { return _mm256_fmadd_ps(a, b, sum); }
INLINE vec loadPacked(const char *b, intptr_t panelBytes, int v) { return load((const float *)(b + v * panelBytes)); }
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
typedef float32x4_t vec;
#define LANES 4
#define HEIGHT 6
#define GROUP 2
INLINE vec splat(float x) { return vdupq_n_f32(x); }
INLINE vec load(const float *p) { return vld1q_f32(p); }
INLINE void store(float *p, vec x) { vst1q_f32(p, x); }
INLINE vec madd(vec sum, vec a, vec b) { return vfmaq_f32(sum, a, b); }
INLINE vec loadPacked(const char *b, intptr_t panelBytes, int v) {
  return load((const float *)(b + (v >> 1) * panelBytes) + (v & 1) * LANES);
}
#else
#error "no kernels for this instruction set"
#endif

// Vectors that a whole group of panels, and half of one, fill.
#define WHOLE (GROUP * PANEL / LANES)
#define HALF (WHOLE / 2)

// A loop that must leave no loop behind: only then do arrays of vectors live in registers.
#define EACH(i, count) _Pragma("GCC unroll 16") for (int i = 0; i < (count); i++)
