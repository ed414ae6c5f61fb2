// Pairs (x / o, (x + ratio * tail) / d), the second also alone where asked for; sums: x, x where nothing is linked to.

struct Numbers { count: u32, apart: u32, ratio: f32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> x: array<vec2<f32>>;
@group(0) @binding(1) var<storage, read> by: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> pairs: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> tails: array<f32>;
@group(0) @binding(4) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  var mass = 0.0;
  var dangling = 0.0;
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    let here = x[i];
    let divided = by[i];
    let onward = (here.x + numbers.ratio * here.y) * divided.y;
    pairs[i] = vec2(here.x * divided.x, onward);
    if (numbers.apart != 0u) { tails[i] = onward; }
    mass += here.x;
    if (divided.x == 0.0) { dangling += here.x; }
  }
  mass = group_sum(mass, local);
  dangling = group_sum(dangling, local);
  if (local == 0u) {
    partial[group.x] = mass;
    partial[groups.x + group.x] = dangling;
  }
}
