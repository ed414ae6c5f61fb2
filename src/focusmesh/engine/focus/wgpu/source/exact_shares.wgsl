// What each particle sends for a weight of 1 (exact.wgsl); sum: what particles hold that send nothing.

struct Numbers { count: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> x: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> inverse: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> share: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> partial: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  var alone = vec2(0u, 0u);
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    let by = inverse[i];
    share[i] = shared_out(x[i], by);
    if (by.x == 0u && by.y == 0u) { alone = added(alone, x[i]); }
  }
  alone = wide_group_sum(alone, local);
  if (local == 0u) { partial[group.x] = alone; }
}
