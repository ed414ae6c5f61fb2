// x += value, and one more on the first `more`.

struct Numbers { count: u32, more: u32, value_low: u32, value_high: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read_write> x: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  let value = vec2(numbers.value_low, numbers.value_high);
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    x[i] = added(added(x[i], value), vec2(select(0u, 1u, i < numbers.more), 0u));
  }
}
