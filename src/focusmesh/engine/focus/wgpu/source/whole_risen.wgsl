// Sum: max(0, image - x).

struct Numbers { count: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> image: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> x: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> partial: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  var sum = vec2(0u, 0u);
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    if (is_above(image[i], x[i])) { sum = added(sum, subtracted(image[i], x[i])); }
  }
  sum = wide_group_sum(sum, local);
  if (local == 0u) { partial[group.x] = sum; }
}
