// How far an image is from x, also as float32; sums: max(0, image - x), the low and the high halves of the image.

struct Numbers { count: u32, scale: f32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> x: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> image: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> difference: array<f32>;
@group(0) @binding(3) var<storage, read_write> partial: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  var rise = vec2(0u, 0u);
  var low = vec2(0u, 0u);
  var high = vec2(0u, 0u);
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    let here = image[i];
    if (is_above(here, x[i])) {
      let above = subtracted(here, x[i]);
      rise = added(rise, above);
      difference[i] = numbers.scale * real_of(above);
    } else {
      difference[i] = -numbers.scale * real_of(subtracted(x[i], here));
    }
    low = added(low, vec2(here.x, 0u));
    high = added(high, vec2(here.y, 0u));
  }
  rise = wide_group_sum(rise, local);
  low = wide_group_sum(low, local);
  high = wide_group_sum(high, local);
  if (local == 0u) {
    partial[group.x] = rise;
    partial[groups.x + group.x] = low;
    partial[2u * groups.x + group.x] = high;
  }
}
