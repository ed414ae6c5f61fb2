// Anderson mixing takes in an image: the step image - x, and by how much it changed. Sums: the sizes of the step, then
// products of the newest change with each of the last ones, then those of the step (engine/focus/solve/mixing.py).

struct Numbers { count: u32, used: u32, newest: i32, now: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> x: array<Value>;
@group(0) @binding(1) var<storage, read> image: array<Value>;
@group(0) @binding(2) var<storage, read_write> steps: array<Value>;
@group(0) @binding(3) var<storage, read_write> changes: array<Value>;
@group(0) @binding(4) var<storage, read_write> jumps: array<Value>;
@group(0) @binding(5) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  let n = numbers.count;
  var size = vec2(0.0, 0.0);
  var with_change = vec3(0.0, 0.0, 0.0);
  var with_step = vec3(0.0, 0.0, 0.0);
  for (var i = group.x * THREADS + local; i < n; i += groups.x * THREADS) {
    let now = image[i] - x[i];
    size += sizes(now);
    steps[numbers.now * n + i] = now;
    var latest = nothing();
    if (numbers.newest >= 0) {
      latest = now - steps[(1u - numbers.now) * n + i];
      changes[u32(numbers.newest) * n + i] = latest;
      jumps[u32(numbers.newest) * n + i] += latest;
    }
    for (var j = 0u; j < numbers.used; j++) {
      var change = latest;
      if (i32(j) != numbers.newest) { change = changes[j * n + i]; }
      with_change[j] += product(change, latest);
      with_step[j] += product(change, now);
    }
  }
  for (var kind = 0u; kind < 8u; kind++) {
    var told = 0.0;
    if (kind < 2u) { told = size[kind]; } else if (kind < 5u) { told = with_change[kind - 2u]; } else { told = with_step[kind - 5u]; }
    told = group_sum(told, local);
    if (local == 0u) { partial[kind * groups.x + group.x] = told; }
  }
}
