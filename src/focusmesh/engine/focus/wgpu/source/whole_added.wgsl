// result += floor(y * factor / 2^32) for a factor up to 2^32; sum: what was added.

struct Numbers { count: u32, factor: u32, is_one: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> y: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read_write> result: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> partial: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  var sum = vec2(0u, 0u);
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    var here = y[i];
    if (numbers.is_one == 0u) { here = product_shifted(here, numbers.factor, 32u); }
    result[i] = added(result[i], here);
    sum = added(sum, here);
  }
  sum = wide_group_sum(sum, local);
  if (local == 0u) { partial[group.x] = sum; }
}
