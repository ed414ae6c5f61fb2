// x += step - sum of weights * jumps; row `to` of the jumps gets by how much x moved.

struct Numbers { count: u32, used: u32, now: u32, to: u32, first: f32, second: f32, third: f32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read_write> x: array<Value>;
@group(0) @binding(1) var<storage, read> steps: array<Value>;
@group(0) @binding(2) var<storage, read_write> jumps: array<Value>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  let n = numbers.count;
  for (var i = group.x * THREADS + local; i < n; i += groups.x * THREADS) {
    var moved = steps[numbers.now * n + i];
    if (numbers.used > 0u) { moved -= numbers.first * jumps[i]; }
    if (numbers.used > 1u) { moved -= numbers.second * jumps[n + i]; }
    if (numbers.used > 2u) { moved -= numbers.third * jumps[2u * n + i]; }
    x[i] += moved;
    jumps[numbers.to * n + i] = moved;
  }
}
