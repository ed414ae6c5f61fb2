// Passes of the approximate R on float32 (engine/focus/solve/correction.py), and what its correction does to x.

// Pairs (x / o, (x + ratio*tail) / d), the second also alone; sums: x, x where nothing is linked to.
extern "C" __global__ void shares(
    const float* __restrict__ x, const float* __restrict__ tail, const float* __restrict__ by_out,
    const float* __restrict__ by_degree, long long n, float ratio, float2* __restrict__ pairs, float* __restrict__ tails,
    double* partial) {
  double mass = 0, dangling = 0;
  EACH(i, n) {
    float here = x[i], out = by_out[i], onward = (here + ratio * tail[i]) * by_degree[i];
    pairs[i] = make_float2(here * out, onward);
    if (tails) tails[i] = onward;
    mass += here;
    if (!(out > 0)) dangling += here;
  }
  tell(mass, 0, partial);
  tell(dangling, 1, partial);
}

// The images of x and of its tail from the sums of the pairs over links in and of the tails over links out; `outward`
// is null where every axon has one of the same weight the other way.
extern "C" __global__ void images(
    const float2* __restrict__ inward, const float* __restrict__ outward, const float* __restrict__ x,
    const float* __restrict__ tail, const float* __restrict__ constant, const float* __restrict__ by_degree, long long n,
    const double* sums, double along, double teleport, const double* __restrict__ u, int u_flat,
    const double* __restrict__ u0, int u0_flat, float near, float weight, float scale, float ratio,
    float* __restrict__ image, float* __restrict__ image_tail) {
  double drawn = teleport * sums[0], landed = along * sums[1];
  EACH(i, n) {
    float2 sum = inward[i];
    bool linked = by_degree[i] > 0;
    float onward = linked ? (outward ? sum.y + outward[i] : sum.y) : x[i] + ratio * tail[i];
    float step = linked ? sum.x : x[i];
    float fallen = (float)(drawn * entry(u, u_flat, i) + landed * entry(u0, u0_flat, i));
    image_tail[i] = onward;
    image[i] = scale * (fallen + constant[i] + (float)along * sum.x + near * step + weight * onward);
  }
}

// delta = correction, lifted so that x + delta keeps its floor; sum: delta.
extern "C" __global__ void raised(
    const double* __restrict__ x, const float* __restrict__ correction, const double* __restrict__ floor, int floor_flat,
    long long n, double* __restrict__ delta, double* partial) {
  double excess = 0;
  EACH(i, n) excess += delta[i] = fmax((double)correction[i], entry(floor, floor_flat, i) - x[i]);
  tell(excess, 0, partial);
}

// delta -= sums[0] * x: what keeps the mass.
extern "C" __global__ void settled(
    const double* __restrict__ x, double* __restrict__ delta, long long n, const double* sums) {
  double excess = sums[0];
  EACH(i, n) delta[i] -= excess * x[i];
}

// x += delta, and the step R(x) - x with it; sum: |step|.
extern "C" __global__ void taken(
    double* __restrict__ x, const double* __restrict__ delta, const double* __restrict__ image, double* __restrict__ step,
    float* __restrict__ constant, long long n, double* partial) {
  double norm = 0;
  EACH(i, n) {
    double left = step[i] + image[i] - delta[i];
    step[i] = left;
    constant[i] = (float)left;
    x[i] += delta[i];
    norm += fabs(left);
  }
  tell(norm, 0, partial);
}
