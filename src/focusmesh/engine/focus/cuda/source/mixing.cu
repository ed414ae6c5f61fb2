// Anderson mixing of one lane: `record` takes in an image, `move` goes on (engine/focus/solve/mixing.py says what they keep).

const int MEMORY = 3;

// What one entry of a step adds to the sums that a sweep tells: |image - x|, then the products of the newest change
// with each of the last changes, then those of the step.
struct Recorded {
  double norm = 0, with_change[MEMORY] = {0}, with_step[MEMORY] = {0};

  __device__ __forceinline__ void take(
      double exact, long long i, const float* __restrict__ before, float* __restrict__ step, float* __restrict__ changes,
      float* __restrict__ jumps, long long n, int used, int newest) {
    norm += fabs(exact);
    float now = (float)exact, latest = 0;
    step[i] = now;
    if (newest >= 0) {
      latest = now - before[i];
      changes[newest * n + i] = latest;
      jumps[newest * n + i] += latest;
    }
#pragma unroll
    for (int j = 0; j < MEMORY; ++j) {
      if (j >= used) continue;
      float change = j == newest ? latest : changes[j * n + i];
      with_change[j] += (double)change * latest;
      with_step[j] += (double)change * now;
    }
  }

  __device__ void tell_all(double* partial) {
    tell(norm, 0, partial);
#pragma unroll
    for (int j = 0; j < MEMORY; ++j) {
      tell(with_change[j], 1 + j, partial);
      tell(with_step[j], 1 + MEMORY + j, partial);
    }
  }
};

// step = image - x, and by how much it changed.
template <class Value>
__global__ void record(
    const Value* __restrict__ x, const Value* __restrict__ image, const float* __restrict__ before,
    float* __restrict__ step, float* __restrict__ changes, float* __restrict__ jumps, long long n, int used, int newest,
    double* partial) {
  Recorded all;
  EACH(i, n) all.take((double)image[i] - (double)x[i], i, before, step, changes, jumps, n, used, newest);
  all.tell_all(partial);
}

// `blended` (vectors.cu) and `record` in one sweep.
extern "C" __global__ void blended_record(
    const double* __restrict__ x, const double* __restrict__ moved, const double* sums, double along, double still,
    double teleport, const double* __restrict__ u, int u_flat, const double* __restrict__ u0, int u0_flat,
    const float* __restrict__ before, float* __restrict__ step, float* __restrict__ changes, float* __restrict__ jumps,
    long long n, int used, int newest, double* partial) {
  double drawn = teleport * sums[0], landed = along * sums[1];
  Recorded all;
  EACH(i, n) {
    double here = x[i];
    double image = along * moved[i] + still * here + drawn * entry(u, u_flat, i) + landed * entry(u0, u0_flat, i);
    all.take(image - here, i, before, step, changes, jumps, n, used, newest);
  }
  all.tell_all(partial);
}

__device__ __forceinline__ double moved_on(
    double before, long long i, const float* __restrict__ step, float* __restrict__ jumps, long long n, int used,
    const double* weight, const double* __restrict__ floor, int floor_flat, int to) {
  double here = before + step[i];
#pragma unroll
  for (int j = 0; j < MEMORY; ++j)
    if (j < used) here -= weight[j] * jumps[j * n + i];
  if (floor) here = fmax(here, entry(floor, floor_flat, i));
  jumps[to * n + i] = (float)(here - before);
  return here;
}

// x = max(x + step - sum of weights * jumps, floor); row `to` of the jumps gets by how much x moved. `floor` may be null.
template <class Value>
__global__ void move(
    Value* __restrict__ x, const float* __restrict__ step, float* __restrict__ jumps, long long n, int used, double w0,
    double w1, double w2, const double* __restrict__ floor, int floor_flat, int to) {
  const double weight[MEMORY] = {w0, w1, w2};
  EACH(i, n) x[i] = (Value)moved_on((double)x[i], i, step, jumps, n, used, weight, floor, floor_flat, to);
}

// `move` and `divided` (vectors.cu) in one sweep; sums: x, x where the divisor is 0, |x|.
extern "C" __global__ void move_divided(
    double* __restrict__ x, const float* __restrict__ step, float* __restrict__ jumps, long long n, int used, double w0,
    double w1, double w2, const double* __restrict__ floor, int floor_flat, int to, const double* __restrict__ divisor,
    double* __restrict__ share, double* partial) {
  const double weight[MEMORY] = {w0, w1, w2};
  double mass = 0, alone = 0;
  EACH(i, n) {
    double here = moved_on(x[i], i, step, jumps, n, used, weight, floor, floor_flat, to), by = divisor[i];
    x[i] = here;
    share[i] = by > 0 ? here / by : here;
    mass += here;
    if (!(by > 0)) alone += here;
  }
  tell(mass, 0, partial);
  tell(alone, 1, partial);
  tell(mass, 2, partial);
}

// x = the image of the iterate before this one: x + step - the jump that was recorded last.
template <class Value>
__global__ void retreat(
    Value* __restrict__ x, const float* __restrict__ step, const float* __restrict__ jump, long long n,
    const double* __restrict__ floor, int floor_flat) {
  EACH(i, n) {
    double here = (double)x[i] + step[i] - jump[i];
    x[i] = (Value)(floor ? fmax(here, entry(floor, floor_flat, i)) : here);
  }
}
