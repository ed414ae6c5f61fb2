// Sweeps over vectors of particles. Every kernel that sums writes one partial sum a block and kind (kind-major), which
// `total` adds up; blocks and threads are of fixed number, so the bits do not depend on the card.

#define EACH(i, n) \
  for (long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x; i < n; i += (long long)gridDim.x * blockDim.x)

__device__ double block_sum(double value) {
  __shared__ double room[32];
  int warp = threadIdx.x >> 5;
  value = warp_sum(value);
  __syncthreads();
  if ((threadIdx.x & 31) == 0) room[warp] = value;
  __syncthreads();
  value = threadIdx.x < (blockDim.x >> 5) ? room[threadIdx.x] : 0.;
  return warp == 0 ? warp_sum(value) : 0.;
}

__device__ void tell(double value, int kind, double* partial) {
  value = block_sum(value);
  if (threadIdx.x == 0) partial[kind * (long long)gridDim.x + blockIdx.x] = value;
}

extern "C" __global__ void total(const double* partial, int blocks, int kinds, double* sums) {
  for (int kind = 0; kind < kinds; ++kind) {
    double sum = 0;
    for (int block = threadIdx.x; block < blocks; block += blockDim.x) sum += partial[(long long)kind * blocks + block];
    sum = block_sum(sum);
    if (threadIdx.x == 0) sums[kind] = sum;
  }
}

__device__ __forceinline__ double entry(const double* vector, bool flat, long long i) { return vector[flat ? 0 : i]; }

// share = x / divisor, x itself where that is 0; sums: x, x where the divisor is 0, |x|.
extern "C" __global__ void divided(
    const double* __restrict__ x, const double* __restrict__ divisor, long long n, double* __restrict__ share,
    double* partial) {
  double mass = 0, alone = 0, norm = 0;
  EACH(i, n) {
    double value = x[i], by = divisor[i];
    share[i] = by > 0 ? value / by : value;
    mass += value;
    norm += fabs(value);
    if (!(by > 0)) alone += value;
  }
  tell(mass, 0, partial);
  tell(alone, 1, partial);
  tell(norm, 2, partial);
}

// image = along*(moved + dangling*u0) + still*x + teleport*mass*u, with mass = sums[0], dangling = sums[1].
extern "C" __global__ void blended(
    const double* __restrict__ moved, const double* __restrict__ x, long long n, const double* sums, double along,
    double still, double teleport, const double* __restrict__ u, int u_flat, const double* __restrict__ u0,
    int u0_flat, double* __restrict__ image) {
  double drawn = teleport * sums[0], landed = along * sums[1];
  EACH(i, n) image[i] = along * moved[i] + still * x[i] + drawn * entry(u, u_flat, i) + landed * entry(u0, u0_flat, i);
}

// One step of the undirected walk from the sums of its shares on both sides: result += factor * Qz, share = Qz / d.
extern "C" __global__ void undirected(
    const double* __restrict__ inward, const double* __restrict__ outward, const double* __restrict__ degree,
    long long n, double factor, double* __restrict__ share, double* __restrict__ result, double* partial) {
  double norm = 0;
  EACH(i, n) {
    double by = degree[i], moved = by > 0 ? inward[i] + outward[i] : share[i];
    result[i] += factor * moved;
    share[i] = by > 0 ? moved / by : moved;
    norm += fabs(moved);
  }
  tell(norm, 0, partial);
}

// x = max(start, floor); sum: x.
extern "C" __global__ void lifted(
    const double* __restrict__ start, const double* __restrict__ floor, int floor_flat, long long n,
    double* __restrict__ x, double* partial) {
  double mass = 0;
  EACH(i, n) mass += x[i] = fmax(start[i], entry(floor, floor_flat, i));
  tell(mass, 0, partial);
}

// x *= 1 / sums[0].
extern "C" __global__ void scaled(double* __restrict__ x, long long n, const double* sums) {
  double by = sums[0];
  EACH(i, n) x[i] /= by;
}

// step = image - x; sum: |step|.
extern "C" __global__ void stepped(
    const double* __restrict__ x, const double* __restrict__ image, long long n, double* __restrict__ step,
    double* partial) {
  double norm = 0;
  EACH(i, n) norm += fabs(step[i] = image[i] - x[i]);
  tell(norm, 0, partial);
}
