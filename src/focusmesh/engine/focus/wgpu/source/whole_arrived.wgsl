// What arrived: by the links in, or by those in and out, x itself where there are none; sum: itself.

struct Numbers { count: u32, undirected: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> inward: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> outward: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> x: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read> norms: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read_write> y: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read_write> partial: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  var sum = vec2(0u, 0u);
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    var here = inward[i];
    if (numbers.undirected != 0u) {
      here = added(here, outward[i]);
      if (norms[i].w == 0u) { here = x[i]; }
    }
    y[i] = here;
    sum = added(sum, here);
  }
  sum = wide_group_sum(sum, local);
  if (local == 0u) { partial[group.x] = sum; }
}
