// Links that come to rows which were laid out before (editing.py): weights change in place, new pairs stand in rows of
// their own, in the order of their rows.

// Sums of a few rows that stand apart, a warp each, added to y.
template <class Value>
__global__ void apart_sums(
    const unsigned* __restrict__ start, const unsigned* __restrict__ row, int rows, const unsigned* __restrict__ column,
    const double* __restrict__ weight, const Value* __restrict__ x, Value* __restrict__ y) {
  int at = (blockIdx.x * blockDim.x + threadIdx.x) >> 5, lane = threadIdx.x & 31;
  if (at >= rows) return;
  Value sum = nothing<Value>();
  for (unsigned k = start[at] + lane; k < start[at + 1]; k += 32) add(sum, Real()(x[column[k]], weight[k]));
  sum = warp_sum(sum);
  if (lane) return;
  add(sum, y[row[at]]);
  y[row[at]] = sum;
}

// Adds to the weights of links that are there; `found` says which were. A row's columns rise, so that each is looked up
// by halving. `place` is where a row stands among the short ones, or -1 - that among the long ones; `length` its links.
template <class Weight>
__global__ void add_weights(
    const unsigned* row, const unsigned* column, const double* change, int count, const int* place,
    const unsigned* length, const unsigned* slice_start, const unsigned* slice_column, Weight* slice_weight,
    const unsigned* first_piece, const unsigned* piece_start, const unsigned* piece_column, Weight* piece_weight,
    unsigned char* found) {
  int at = blockIdx.x * blockDim.x + threadIdx.x;
  if (at >= count) return;
  int where = place[row[at]];
  bool is_long = where < 0;
  if (is_long) where = -1 - where;
  long long first = is_long ? piece_start[first_piece[where]] : slice_start[where >> 5] + (where & 31);
  int stride = is_long ? 1 : 32;
  const unsigned* columns = is_long ? piece_column : slice_column;
  unsigned low = 0, high = length[row[at]];
  while (low < high) {
    unsigned middle = (low + high) / 2;
    if (columns[first + (long long)middle * stride] < column[at]) low = middle + 1;
    else high = middle;
  }
  bool is_there = low < length[row[at]] && columns[first + (long long)low * stride] == column[at];
  found[at] = is_there;
  if (!is_there) return;
  Weight* weight = (is_long ? piece_weight : slice_weight) + first + (long long)low * stride;
  *weight = (Weight)fmax(*weight + change[at], 0.0);
}

struct Apart {
  const unsigned* start;
  const unsigned* row;
  const unsigned* column;
  const double* weight;
  int rows;
};

const int TOTALS = 4;

// The sum of a block's entries of `length` weights; every thread adds four sums up, whose sum the first one has.
template <class Weight>
__device__ double weights_sum(const Weight* __restrict__ weight, unsigned length, int stride) {
  double sum[TOTALS] = {0};
  unsigned k = threadIdx.x;
  for (; k + (TOTALS - 1) * blockDim.x < length; k += TOTALS * blockDim.x)
#pragma unroll
    for (int j = 0; j < TOTALS; ++j) sum[j] += weight[(size_t)(k + j * blockDim.x) * stride];
  for (; k < length; k += blockDim.x) sum[0] += weight[(size_t)k * stride];
  return block_sum((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

template <class Weight> __device__ double row_total(const Side<Weight>& side, const Apart& apart, unsigned particle) {
  Row<Weight> row = row_of(side, particle);
  double sum = weights_sum(row.weight, row.length, row.stride);
  int low = 0, high = apart.rows;
  while (low < high) {
    int middle = (low + high) / 2;
    if (apart.row[middle] < particle) low = middle + 1;
    else high = middle;
  }
  if (low < apart.rows && apart.row[low] == particle)
    sum += weights_sum(apart.weight + apart.start[low], apart.start[low + 1] - apart.start[low], 1);
  return sum;
}

// o and d of some particles, one block each.
template <class Weight>
__global__ void __launch_bounds__(256) row_totals(
    Side<Weight> in, Apart in_apart, Side<Weight> out, Apart out_apart, const unsigned* particle, double* out_total,
    double* degree) {
  unsigned here = particle[blockIdx.x];
  double outs = row_total(out, out_apart, here), ins = row_total(in, in_apart, here);
  if (threadIdx.x) return;
  out_total[here] = outs;
  degree[here] = ins + outs;
}
