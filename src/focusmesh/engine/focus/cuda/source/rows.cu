// Row sums: y[i] = sum of weight * x[column] over the links of row i.
//
// Short rows lie in slices of 32, by falling length, column-major within a slice: each lane of a warp adds up a row of
// its own and all loads are coalesced. Long rows lie in pieces, one warp each, whose sums `fold` adds up. Sums of
// float64 and of integers come out the same on every card: what is added to what does not depend on it.

typedef unsigned long long u64;

__device__ __forceinline__ void add(float& sum, float term) { sum += term; }
__device__ __forceinline__ void add(double& sum, double term) { sum += term; }
__device__ __forceinline__ void add(u64& sum, u64 term) { sum += term; }
__device__ __forceinline__ void add(float2& sum, float2 term) { sum.x += term.x; sum.y += term.y; }

template <class Value> __device__ __forceinline__ Value nothing() { return 0; }
template <> __device__ __forceinline__ float2 nothing<float2>() { return make_float2(0.f, 0.f); }

template <class Value> __device__ __forceinline__ Value from_below(Value value, int lanes) {
  return __shfl_down_sync(~0u, value, lanes);
}
template <> __device__ __forceinline__ float2 from_below<float2>(float2 value, int lanes) {
  return make_float2(from_below(value.x, lanes), from_below(value.y, lanes));
}

template <class Value> __device__ __forceinline__ Value warp_sum(Value value) {
  for (int lanes = 16; lanes; lanes >>= 1) add(value, from_below(value, lanes));
  return value;
}

// What a link makes of the value of its source. `Term` is one of these, handed to the kernel by value.
struct Real {
  template <class Weight> __device__ __forceinline__ float operator()(float value, Weight weight) const {
    return (float)(weight * value);
  }
  template <class Weight> __device__ __forceinline__ double operator()(double value, Weight weight) const {
    return (double)weight * value;
  }
  template <class Weight> __device__ __forceinline__ float2 operator()(float2 value, Weight weight) const {
    return make_float2((float)(weight * value.x), (float)(weight * value.y));
  }
};

// floor(c * weight / 2^shift), where the shift stands in the six high bits of a word and c in the others. Shift 63 says
// that c needs more than 58 bits: it and its shift stand in tables, at most 32 entries as all c add up to at most 2^63.
struct Whole {
  const u64* large;
  const unsigned char* shift_of_large;
  __device__ __forceinline__ u64 operator()(u64 word, unsigned weight) const {
    unsigned shift = word >> 58;
    u64 c = word & ((1ull << 58) - 1);
    if (shift == 63) {
      shift = shift_of_large[c];
      c = large[c];
    }
    u64 low = c * weight, high = __umul64hi(c, weight);
    return shift ? (high << (64 - shift)) | (low >> shift) : low;
  }
};

template <class Value, class Weight> struct Rows {
  const unsigned* slice_start;  // (slices + 1,)
  const unsigned* slice_column;
  const Weight* slice_weight;
  const unsigned* slice_row;  // (short_count,)
  int short_count;
  int slices;
  const unsigned* piece_start;  // (pieces + 1,)
  int pieces;
  const unsigned* piece_column;
  const Weight* piece_weight;
};

const int UNROLLED = 4;

template <class Value, class Weight, class Term>
__device__ __forceinline__ Value lane_sum(
    const unsigned* __restrict__ column, const Weight* __restrict__ weight, const Value* __restrict__ x, Term term,
    unsigned at, unsigned stop) {
  Value sum[UNROLLED];
#pragma unroll
  for (int j = 0; j < UNROLLED; ++j) sum[j] = nothing<Value>();
  for (; at + 32 * (UNROLLED - 1) < stop; at += 32 * UNROLLED) {
    unsigned from[UNROLLED];
    Weight by[UNROLLED];
    Value value[UNROLLED];
#pragma unroll
    for (int j = 0; j < UNROLLED; ++j) {
      from[j] = __ldcs(column + at + 32 * j);
      by[j] = __ldcs(weight + at + 32 * j);
    }
#pragma unroll
    for (int j = 0; j < UNROLLED; ++j) value[j] = __ldg(x + from[j]);
#pragma unroll
    for (int j = 0; j < UNROLLED; ++j) add(sum[j], term(value[j], by[j]));
  }
  for (; at < stop; at += 32) add(sum[0], term(__ldg(x + __ldcs(column + at)), __ldcs(weight + at)));
#pragma unroll
  for (int j = 1; j < UNROLLED; ++j) add(sum[0], sum[j]);
  return sum[0];
}

template <class Value, class Weight, class Term>
__device__ __forceinline__ void row_sums(
    Rows<Value, Weight> rows, Term term, const Value* __restrict__ x, Value* __restrict__ partial,
    Value* __restrict__ y) {
  int warp = (blockIdx.x * blockDim.x + threadIdx.x) >> 5, lane = threadIdx.x & 31;
  if (warp < rows.pieces) {
    unsigned at = rows.piece_start[warp] + lane, stop = rows.piece_start[warp + 1];
    Value sum = warp_sum(lane_sum(rows.piece_column, rows.piece_weight, x, term, at, stop));
    if (lane == 0) partial[warp] = sum;
    return;
  }
  int slice = warp - rows.pieces;
  if (slice >= rows.slices) return;
  unsigned at = rows.slice_start[slice] + lane, stop = rows.slice_start[slice + 1];
  Value sum = lane_sum(rows.slice_column, rows.slice_weight, x, term, at, stop);
  int row = slice * 32 + lane;
  if (row < rows.short_count) y[rows.slice_row[row]] = sum;
}

#define ROW_ARGUMENTS(Weight)                                                                            \
  const unsigned *slice_start, const unsigned *slice_column, const Weight *slice_weight,                 \
      const unsigned *slice_row, int short_count, int slices, const unsigned *piece_start, int pieces, \
      const unsigned *piece_column, const Weight *piece_weight
#define ROW_VALUES                                                                                            \
  slice_start, slice_column, slice_weight, slice_row, short_count, slices, piece_start, pieces, piece_column, \
      piece_weight

template <class Value, class Weight>
__global__ void __launch_bounds__(256) sums(
    ROW_ARGUMENTS(Weight), const Value* __restrict__ x, Value* __restrict__ partial, Value* __restrict__ y) {
  row_sums(Rows<Value, Weight>{ROW_VALUES}, Real(), x, partial, y);
}

extern "C" __global__ void __launch_bounds__(256) whole_sums(
    ROW_ARGUMENTS(unsigned), const u64* __restrict__ words, const u64* large,
    const unsigned char* shift_of_large, u64* __restrict__ partial, u64* __restrict__ y) {
  row_sums(Rows<u64, unsigned>{ROW_VALUES}, Whole{large, shift_of_large}, words, partial, y);
}

// Adds up the pieces of each long row, one warp a row.
template <class Value>
__global__ void fold(
    const unsigned* __restrict__ first_piece, int rows, const unsigned* __restrict__ row,
    const Value* __restrict__ partial, Value* __restrict__ y) {
  int at = (blockIdx.x * blockDim.x + threadIdx.x) >> 5, lane = threadIdx.x & 31;
  if (at >= rows) return;
  Value sum = nothing<Value>();
  for (unsigned piece = first_piece[at] + lane; piece < first_piece[at + 1]; piece += 32) add(sum, partial[piece]);
  sum = warp_sum(sum);
  if (lane == 0) y[row[at]] = sum;
}

// Laying rows out, from compressed rows (start, column, weight).
template <class Weight>
__global__ void fill_slices(
    const unsigned* slice_start, const unsigned* row, int rows, const long long* start, const unsigned* column,
    const Weight* weight, unsigned* slice_column, Weight* slice_weight) {
  int at = blockIdx.x * blockDim.x + threadIdx.x;
  if (at >= rows) return;
  unsigned to = slice_start[at >> 5] + (at & 31);
  for (long long k = start[row[at]]; k < start[row[at] + 1]; ++k, to += 32) {
    slice_column[to] = column[k];
    slice_weight[to] = weight[k];
  }
}

template <class Weight>
__global__ void fill_pieces(
    const unsigned* row, const long long* start, const long long* to_start, const unsigned* column,
    const Weight* weight, unsigned* piece_column, Weight* piece_weight) {
  long long from = start[row[blockIdx.x]], count = start[row[blockIdx.x] + 1] - from, to = to_start[blockIdx.x];
  for (long long k = threadIdx.x; k < count; k += blockDim.x) {
    piece_column[to + k] = column[from + k];
    piece_weight[to + k] = weight[from + k];
  }
}

// One side of the structure, row by row (rows.py).
template <class Weight> struct Side {
  const int* place;
  const unsigned* length;
  const unsigned* slice_start;
  const unsigned* slice_column;
  const Weight* slice_weight;
  const unsigned* first_piece;
  const unsigned* piece_start;
  const unsigned* piece_column;
  const Weight* piece_weight;
};

template <class Weight> struct Row {
  const unsigned* column;
  const Weight* weight;
  unsigned length;
  int stride;
};

template <class Weight> __device__ __forceinline__ Row<Weight> row_of(const Side<Weight>& side, unsigned particle) {
  int where = side.place[particle];
  unsigned length = side.length[particle];
  if (where < 0) {
    long long first = side.piece_start[side.first_piece[-1 - where]];
    return Row<Weight>{side.piece_column + first, side.piece_weight + first, length, 1};
  }
  long long first = length ? side.slice_start[where >> 5] + (where & 31) : 0;
  return Row<Weight>{side.slice_column + first, side.slice_weight + first, length, 32};
}
