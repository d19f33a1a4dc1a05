// The two matrix products, as assembly/gemm.ts defines them: same slots, same chunks, same layouts. A tile covers several
// packed panels at once; its rows are as many as fit the registers, shared out evenly over a chunk.
#pragma once

#include "layouts.h"
#include "slots.h"
#include "vector.h"

// Rows of the long dimension that `gemmColumns` takes at a time, so that its operands stay in the caches.
#define COLUMN_BLOCK 256

#define MIN(a, b) ((a) < (b) ? (a) : (b))

// What the tiles of one product share.
struct product {
  const char *b;
  intptr_t panelBytes;
  // A row of A in `gemmRows`: runs of floats, so many bytes from one to the next.
  int segments, length;
  intptr_t segmentStride;
  // Rows of A in `gemmColumns`: byte offsets from a.
  const uint32_t *rows;
  int count;
  bool accumulate;
  const float *bias;
};

// c[r] = (c[r] or bias or 0) + sum over k of a[r][k] * b[k].
INLINE void rowsTile(const int height, const int width, const struct product *p, const char *const *from, float *const *c) {
  vec sum[HEIGHT][WHOLE];
  const char *a[HEIGHT];
  EACH(r, height) {
    a[r] = from[r];
    EACH(v, width) {
      sum[r][v] = p->accumulate ? load(c[r] + v * LANES) : p->bias ? load(p->bias + v * LANES) : splat(0);
    }
  }
  const char *b = p->b;
  const intptr_t panelBytes = p->panelBytes;
  for (int segment = p->segments; segment > 0; segment--) {
    for (intptr_t k = 0; k < p->length; k++, b += PANEL * 4) {
      vec column[WHOLE];
      EACH(v, width) column[v] = loadPacked(b, panelBytes, v);
      EACH(r, height) {
        const vec x = splat(((const float *)a[r])[k]);
        EACH(v, width) sum[r][v] = madd(sum[r][v], x, column[v]);
      }
    }
    EACH(r, height) a[r] += p->segmentStride;
  }
  EACH(r, height) {
    EACH(v, width) store(c[r] + v * LANES, sum[r][v]);
  }
}

// c[i] (+)= sum over r of a[rows[r]][i] * b[r]: the rows of the tile are neighbours in memory. `from` has one element.
INLINE void columnsTile(const int height, const int width, const struct product *p, const char *const *from, float *const *c) {
  vec sum[HEIGHT][WHOLE];
  EACH(i, height) {
    EACH(v, width) sum[i][v] = p->accumulate ? load(c[i] + v * LANES) : splat(0);
  }
  const char *b = p->b, *a = from[0];
  const intptr_t panelBytes = p->panelBytes;
  for (int r = 0; r < p->count; r++, b += PANEL * 4) {
    const float *row = (const float *)(a + p->rows[r]);
    vec column[WHOLE];
    EACH(v, width) column[v] = loadPacked(b, panelBytes, v);
    EACH(i, height) {
      const vec x = splat(row[i]);
      EACH(v, width) sum[i][v] = madd(sum[i][v], x, column[v]);
    }
  }
  EACH(i, height) {
    EACH(v, width) store(c[i] + v * LANES, sum[i][v]);
  }
}

typedef void tileFunction(const struct product *, const char *const *, float *const *);

#define DEFINE_TILE(kind, height, width, name) \
  static void name(const struct product *p, const char *const *a, float *const *c) { kind(height, width, p, a, c); }
#define DEFINE_TILES(height) \
  DEFINE_TILE(rowsTile, height, HALF, rowsHalf##height) \
  DEFINE_TILE(rowsTile, height, WHOLE, rowsWhole##height) \
  DEFINE_TILE(columnsTile, height, HALF, columnsHalf##height) \
  DEFINE_TILE(columnsTile, height, WHOLE, columnsWhole##height)
#define FIRST_HEIGHTS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#if HEIGHT == 12
#define EACH_HEIGHT(X) FIRST_HEIGHTS(X) X(7) X(8) X(9) X(10) X(11) X(12)
#else
#define EACH_HEIGHT(X) FIRST_HEIGHTS(X)
#endif
EACH_HEIGHT(DEFINE_TILES)

#define ROWS_ENTRY(height) {rowsHalf##height, rowsWhole##height},
#define COLUMNS_ENTRY(height) {columnsHalf##height, columnsWhole##height},
// By height - 1, and whether the group is whole.
static tileFunction *const rowsTiles[HEIGHT][2] = {EACH_HEIGHT(ROWS_ENTRY)};
static tileFunction *const columnsTiles[HEIGHT][2] = {EACH_HEIGHT(COLUMNS_ENTRY)};

// A tile whose columns are not all there goes through a block of its own.
INLINE void runEdge(tileFunction *run, const struct product *p, int height, const char *const *a, float *const *c, int columns) {
  float block[HEIGHT][GROUP * PANEL], bias[GROUP * PANEL];
  float *rows[HEIGHT];
  struct product edge = *p;
  for (int r = 0; r < height; r++) {
    rows[r] = block[r];
    if (p->accumulate) memcpy(block[r], c[r], columns * 4);
  }
  if (p->bias) edge.bias = memcpy(bias, p->bias, columns * 4);
  run(&edge, a, rows);
  for (int r = 0; r < height; r++) memcpy(c[r], block[r], columns * 4);
}

// One tile of the first `columns` columns of a group.
INLINE void runTile(tileFunction *const tiles[HEIGHT][2], const struct product *p, bool isWhole, int height, int columns,
                    const char *const *a, float *const *c) {
  tileFunction *run = tiles[height - 1][isWhole];
  if (columns == (isWhole ? WHOLE : HALF) * LANES) run(p, a, c);
  else runEdge(run, p, height, a, c, columns);
}

// The group of panels that begins where `left` columns are left: how many of them it takes. Where a vector spans two panels
// and one is left, that one is read twice.
INLINE int beginGroup(struct product *p, int left, intptr_t panelBytes, bool *isWhole) {
  const int panels = (left + PANEL - 1) / PANEL;
  *isWhole = panels >= GROUP;
  p->panelBytes = panels == 1 ? 0 : panelBytes;
  return MIN(left, (*isWhole ? GROUP : GROUP / 2) * PANEL);
}

// Height of the next tile where `left` rows are left: as few tiles as will do, all about as high.
INLINE int nextHeight(int left) {
  const int tiles = (left + HEIGHT - 1) / HEIGHT;
  return (left + tiles - 1) / tiles;
}

static void gemmRows(char *memory, const int32_t *slots, int chunk) {
  char *a = pointerIn(memory, slots, GemmRows_a), *c = pointerIn(memory, slots, GemmRows_c);
  const uint32_t *rowsA = (const uint32_t *)pointerIn(memory, slots, GemmRows_rowsA);
  const uint32_t *rowsC = (const uint32_t *)pointerIn(memory, slots, GemmRows_rowsC);
  const intptr_t panelBytes = (uint32_t)slots[GemmRows_panelBytes];
  const int M = slots[GemmRows_M], N = slots[GemmRows_N], step = slots[GemmRows_perChunk];
  const int from = chunk * step, to = MIN(M, from + step);
  struct product p = {
    .segments = slots[GemmRows_segments],
    .length = slots[GemmRows_length],
    .segmentStride = (uint32_t)slots[GemmRows_segmentStride],
    .accumulate = slots[GemmRows_accumulate] != 0,
  };
  bool isWhole;
  for (int n = 0, columns; n < N; n += columns) {
    columns = beginGroup(&p, N - n, panelBytes, &isWhole);
    p.b = pointerIn(memory, slots, GemmRows_b) + n / PANEL * panelBytes;
    p.bias = slots[GemmRows_bias] ? (const float *)pointerIn(memory, slots, GemmRows_bias) + n : NULL;
    for (int m = from, height; m < to; m += height) {
      const char *tileA[HEIGHT];
      float *tileC[HEIGHT];
      height = nextHeight(to - m);
      for (int r = 0; r < height; r++) {
        tileA[r] = a + rowsA[m + r];
        tileC[r] = (float *)(c + rowsC[m + r]) + n;
      }
      runTile(rowsTiles, &p, isWhole, height, columns, tileA, tileC);
    }
  }
}

// Chunks: groups of tiles * groups of columns. A tile of the slots is so many rows of one segment of C; neighbouring ones of a
// chunk are one run here.
static void gemmColumns(char *memory, const int32_t *slots, int chunk) {
  char *a = pointerIn(memory, slots, GemmColumns_a), *b = pointerIn(memory, slots, GemmColumns_b);
  float *c = (float *)pointerIn(memory, slots, GemmColumns_c);
  const uint32_t *rows = (const uint32_t *)pointerIn(memory, slots, GemmColumns_rows);
  const int R = slots[GemmColumns_R], segments = slots[GemmColumns_segments], length = slots[GemmColumns_length];
  const int N = slots[GemmColumns_N], columnStep = slots[GemmColumns_columnsPerChunk];
  const int step = slots[GemmColumns_perChunk], tileRows = slots[GemmColumns_tileRows];
  const int tilesPerSegment = (length + tileRows - 1) / tileRows, groups = (N + columnStep - 1) / columnStep;
  const int fromN = chunk % groups * columnStep, toN = MIN(N, fromN + columnStep);
  const int from = chunk / groups * step, to = MIN(segments * tilesPerSegment, from + step);
  const intptr_t panelBytes = (intptr_t)R * PANEL * 4;
  struct product p = {0};
  bool isWhole;
  for (int r = 0; r < R; r += COLUMN_BLOCK) {
    p.rows = rows + r;
    p.count = MIN(COLUMN_BLOCK, R - r);
    p.accumulate = slots[GemmColumns_accumulate] != 0 || r > 0;
    for (int n = fromN, columns; n < toN; n += columns) {
      columns = beginGroup(&p, toN - n, panelBytes, &isWhole);
      p.b = b + n / PANEL * panelBytes + (intptr_t)r * PANEL * 4;
      for (int t = from, tiles; t < to; t += tiles) {
        const int segment = t / tilesPerSegment, first = t - segment * tilesPerSegment;
        tiles = MIN(to - t, tilesPerSegment - first);
        const int end = MIN(length, (first + tiles) * tileRows);
        for (int i = first * tileRows, height; i < end; i += height) {
          const char *tileA = a + (uint32_t)slots[GemmColumns_segmentStride] * (intptr_t)segment + (intptr_t)i * 4;
          float *tileC[HEIGHT];
          height = nextHeight(end - i);
          for (int v = 0; v < height; v++) tileC[v] = c + (intptr_t)(segment * length + i + v) * N + n;
          runTile(columnsTiles, &p, isWhole, height, columns, &tileA, tileC);
        }
      }
    }
  }
}
