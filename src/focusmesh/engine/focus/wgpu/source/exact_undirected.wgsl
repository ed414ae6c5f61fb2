// One step of the undirected walk from the sums of its shares on both sides: image += factor * Qz, and shares of Qz.

struct Numbers { count: u32, factor_low: u32, factor_high: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> inward: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> outward: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> inverse: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read> x: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> share: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read_write> image: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  let factor = vec2(numbers.factor_low, numbers.factor_high);
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    let by = inverse[i];
    var moved = x[i];
    if (by.x != 0u || by.y != 0u) {
      moved = added(inward[i], outward[i]);
      share[i] = shared_out(moved, by);
    }
    image[i] = added(image[i], high_product(moved, factor));
  }
}
