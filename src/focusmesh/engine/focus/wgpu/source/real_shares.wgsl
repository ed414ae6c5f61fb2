// share = x / o or x / d, x itself where there is nothing to divide by; sums: x, x where there is not.

struct Numbers { count: u32, undirected: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> by: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> share: array<f32>;
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  var mass = 0.0;
  var alone = 0.0;
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    let here = x[i];
    let divided = by[i][numbers.undirected];
    share[i] = select(here, here * divided, divided > 0.0);
    mass += here;
    if (divided == 0.0) { alone += here; }
  }
  mass = group_sum(mass, local);
  alone = group_sum(alone, local);
  if (local == 0u) {
    partial[group.x] = mass;
    partial[groups.x + group.x] = alone;
  }
}
