// The images of x and of its tail, from the sums of the pairs over links in and of the tails over links out.

struct Numbers {
  count: u32, is_flat: u32, apart: u32,
  along: f32, teleport: f32, near: f32, weight: f32, scale: f32, ratio: f32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> inward: array<vec2<f32>>;
@group(0) @binding(1) var<storage, read> outward: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> constant: array<f32>;
@group(0) @binding(4) var<storage, read> by: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> spread: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read> sums: array<f32>;
@group(0) @binding(7) var<storage, read_write> image: array<vec2<f32>>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  let drawn = numbers.teleport * sums[0];
  let landed = numbers.along * sums[1];
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    let here = x[i];
    var onward = vec2(here.x, here.x + numbers.ratio * here.y);
    let sum = inward[i];
    if (by[i].y > 0.0) {
      onward = sum;
      if (numbers.apart != 0u) { onward.y += outward[i]; }
    }
    let to = spread[select(i, 0u, numbers.is_flat != 0u)];
    let fallen = drawn * to.x + landed * to.y + constant[i];
    let followed = numbers.along * sum.x + numbers.near * onward.x + numbers.weight * onward.y;
    image[i] = vec2(numbers.scale * (fallen + followed), onward.y);
  }
}
