// image = along * (moved + alone * u0) + still * x + teleport * u, each product rounded down.

struct Numbers {
  count: u32, is_flat: u32,
  along_low: u32, along_high: u32, still_low: u32, still_high: u32, teleport_low: u32, teleport_high: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> moved: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> x: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> spread: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> alone: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> image: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  let along = vec2(numbers.along_low, numbers.along_high);
  let still = vec2(numbers.still_low, numbers.still_high);
  let drawn = vec2(numbers.teleport_low, numbers.teleport_high);
  let landed = high_product(alone[0], along);
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    let to = spread[select(i, 0u, numbers.is_flat != 0u)];
    let followed = added(high_product(moved[i], along), high_product(x[i], still));
    image[i] = added(followed, added(high_product(drawn, to.xy), high_product(landed, to.zw)));
  }
}
