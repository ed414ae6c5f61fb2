// image = scale * (constant + along * (moved + dangling * u0) + teleport * mass * u).

struct Numbers { count: u32, is_flat: u32, along: f32, teleport: f32, scale: f32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> moved: array<f32>;
@group(0) @binding(1) var<storage, read> constant: array<f32>;
@group(0) @binding(2) var<storage, read> spread: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> sums: array<f32>;
@group(0) @binding(4) var<storage, read_write> image: array<f32>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  let drawn = numbers.teleport * sums[0];
  let landed = numbers.along * sums[1];
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    let to = spread[select(i, 0u, numbers.is_flat != 0u)];
    image[i] = numbers.scale * (drawn * to.x + landed * to.y + constant[i] + numbers.along * moved[i]);
  }
}
