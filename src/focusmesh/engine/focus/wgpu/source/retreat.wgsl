// x = the image of the iterate before this one: x + step - the jump that was recorded last.

struct Numbers { count: u32, now: u32, last: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read_write> x: array<Value>;
@group(0) @binding(1) var<storage, read> steps: array<Value>;
@group(0) @binding(2) var<storage, read> jumps: array<Value>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  let n = numbers.count;
  for (var i = group.x * THREADS + local; i < n; i += groups.x * THREADS) {
    x[i] += steps[numbers.now * n + i] - jumps[numbers.last * n + i];
  }
}
