// y += value, one more on the lowest ranks, and one on the leftover lowest; own in place of the first two.

struct Numbers { count: u32, is_own: u32, value_low: u32, value_high: u32, more: u32, leftover: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> ranks: array<u32>;
@group(0) @binding(1) var<storage, read> own: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    var here = y[i];
    if (numbers.is_own != 0u) {
      here = added(here, own[i]);
    } else {
      here = added(here, vec2(numbers.value_low, numbers.value_high));
      here = added(here, vec2(select(0u, 1u, ranks[i] < numbers.more), 0u));
    }
    y[i] = added(here, vec2(select(0u, 1u, ranks[i] < numbers.leftover), 0u));
  }
}
