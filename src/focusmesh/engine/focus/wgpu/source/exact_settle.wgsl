// x = floor(x * factor / 2^64) * 2^shift; sums: the low and the high halves of x.

struct Numbers { count: u32, shift: u32, factor_low: u32, factor_high: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read_write> x: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read_write> partial: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  var low = vec2(0u, 0u);
  var high = vec2(0u, 0u);
  let factor = vec2(numbers.factor_low, numbers.factor_high);
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    var here = high_product(x[i], factor);
    for (var k = 0u; k < numbers.shift; k++) { here = added(here, here); }
    x[i] = here;
    low = added(low, vec2(here.x, 0u));
    high = added(high, vec2(here.y, 0u));
  }
  low = wide_group_sum(low, local);
  high = wide_group_sum(high, local);
  if (local == 0u) {
    partial[group.x] = low;
    partial[groups.x + group.x] = high;
  }
}
