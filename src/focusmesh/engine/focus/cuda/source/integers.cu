// The steps of the integer operator (engine/focus/certificate/steps.py). Integers may be added in any order: the sums
// are the same bits on any machine.

__device__ void tell_whole(u64 value, u64* partial) {
  __shared__ u64 room[32];
  int warp = threadIdx.x >> 5;
  value = warp_sum(value);
  __syncthreads();
  if ((threadIdx.x & 31) == 0) room[warp] = value;
  __syncthreads();
  value = threadIdx.x < (blockDim.x >> 5) ? room[threadIdx.x] : 0;
  if (warp) return;
  value = warp_sum(value);
  if (threadIdx.x == 0) partial[blockIdx.x] = value;
}

// floor(x * factor / 2^32) for a factor up to 2^32.
__device__ __forceinline__ u64 scaled_whole(u64 x, u64 factor) {
  return (__umul64hi(x, factor) << 32) | ((x * factor) >> 32);
}

// What each particle sends for a weight of 1, c = floor(x * 2^31 / norm), packed with its shift (rows.cu, `Whole`).
extern "C" __global__ void shares_whole(
    const u64* __restrict__ x, const unsigned* __restrict__ norm, const unsigned char* __restrict__ shift, long long n,
    u64* __restrict__ words, u64* large, unsigned char* shift_of_large, unsigned* large_count) {
  EACH(i, n) {
    u64 by = norm[i], whole = x[i] / by, rest = x[i] - whole * by;
    u64 c = (whole << 31) + (rest << 31) / by;
    u64 code = shift[i];
    if (c >> 58) {
      unsigned at = atomicAdd(large_count, 1);
      large[at] = c;
      shift_of_large[at] = code;
      c = at;
      code = 63;
    }
    words[i] = (code << 58) | c;
  }
}

// What arrived by the links in; sum: itself.
extern "C" __global__ void followed_whole(const u64* __restrict__ inward, long long n, u64* __restrict__ y, u64* partial) {
  u64 sum = 0;
  EACH(i, n) sum += y[i] = inward[i];
  tell_whole(sum, partial);
}

// What arrived by the links in and out, x itself where there are none; sum: itself.
extern "C" __global__ void mixed_whole(
    const u64* __restrict__ inward, const u64* __restrict__ outward, const u64* __restrict__ x,
    const unsigned char* __restrict__ linked, long long n, u64* __restrict__ y, u64* partial) {
  u64 sum = 0;
  EACH(i, n) sum += y[i] = linked[i] ? inward[i] + outward[i] : x[i];
  tell_whole(sum, partial);
}

// x = floor(x * factor / 2^32); sum: x.
extern "C" __global__ void scale_whole(u64* __restrict__ x, u64 factor, long long n, u64* partial) {
  u64 sum = 0;
  EACH(i, n) sum += x[i] = scaled_whole(x[i], factor);
  tell_whole(sum, partial);
}

// result += floor(y * factor / 2^32); sum: what was added.
extern "C" __global__ void add_scaled_whole(
    const u64* __restrict__ y, u64 factor, u64* __restrict__ result, long long n, u64* partial) {
  u64 sum = 0;
  EACH(i, n) {
    u64 part = scaled_whole(y[i], factor);
    result[i] += part;
    sum += part;
  }
  tell_whole(sum, partial);
}

// y += value, one more on the `more` lowest ranks, and one on the `leftover` lowest; `own` in place of the first two.
extern "C" __global__ void fill_whole(
    u64* __restrict__ y, const unsigned* __restrict__ rank, u64 value, long long more, long long leftover,
    const u64* __restrict__ own, long long n) {
  EACH(i, n) y[i] += (own ? own[i] : value + (rank[i] < more)) + (rank[i] < leftover);
}

// Sum: max(0, image - x).
extern "C" __global__ void rise_whole(const u64* __restrict__ image, const u64* __restrict__ x, long long n, u64* partial) {
  u64 sum = 0;
  EACH(i, n) sum += image[i] > x[i] ? image[i] - x[i] : 0;
  tell_whole(sum, partial);
}

extern "C" __global__ void total_whole(const u64* partial, int blocks, u64* sum) {
  u64 found = 0;
  for (int block = threadIdx.x; block < blocks; block += blockDim.x) found += partial[block];
  tell_whole(found, sum);
}
