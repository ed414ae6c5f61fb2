// Anderson mixing of one lane: `record` takes in an image, `move` goes on (engine/focus/mixing.py says what they keep).

const int MEMORY = 3;

// step = image - x, and by how much it changed; sums: |image - x|, then the products of that change with each of the
// last changes, then those of the step.
template <class Value>
__global__ void record(
    const Value* __restrict__ x, const Value* __restrict__ image, const float* __restrict__ before,
    float* __restrict__ step, float* __restrict__ changes, float* __restrict__ jumps, long long n, int used, int newest,
    double* partial) {
  double norm = 0, with_change[MEMORY] = {0}, with_step[MEMORY] = {0};
  EACH(i, n) {
    double exact = (double)image[i] - (double)x[i];
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
  tell(norm, 0, partial);
#pragma unroll
  for (int j = 0; j < MEMORY; ++j) {
    tell(with_change[j], 1 + j, partial);
    tell(with_step[j], 1 + MEMORY + j, partial);
  }
}

// x = max(x + step - sum of weights * jumps, floor); row `to` of the jumps gets by how much x moved. `floor` may be null.
template <class Value>
__global__ void move(
    Value* __restrict__ x, const float* __restrict__ step, float* __restrict__ jumps, long long n, int used, double w0,
    double w1, double w2, const double* __restrict__ floor, int floor_flat, int to) {
  const double weight[MEMORY] = {w0, w1, w2};
  EACH(i, n) {
    double before = (double)x[i], here = before + step[i];
#pragma unroll
    for (int j = 0; j < MEMORY; ++j)
      if (j < used) here -= weight[j] * jumps[j * n + i];
    if (floor) here = fmax(here, entry(floor, floor_flat, i));
    jumps[to * n + i] = (float)(here - before);
    x[i] = (Value)here;
  }
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
