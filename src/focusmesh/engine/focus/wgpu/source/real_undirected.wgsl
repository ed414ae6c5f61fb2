// One step of the undirected walk from the sums of its shares on both sides: image += factor * Qz, share = Qz / d.

struct Numbers { count: u32, factor: f32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> inward: array<f32>;
@group(0) @binding(1) var<storage, read> outward: array<f32>;
@group(0) @binding(2) var<storage, read> by: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> share: array<f32>;
@group(0) @binding(4) var<storage, read_write> image: array<f32>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    let divided = by[i].y;
    var moved = share[i];
    if (divided > 0.0) {
      moved = inward[i] + outward[i];
      share[i] = moved * divided;
    }
    image[i] += numbers.factor * moved;
  }
}
