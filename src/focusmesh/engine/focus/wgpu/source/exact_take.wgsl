// x = max(x + delta, floor * u).

struct Numbers { count: u32, is_flat: u32, floor_low: u32, floor_high: u32, scale: f32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> delta: array<Value>;
@group(0) @binding(1) var<storage, read> spread: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> x: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    let by = whole_of(numbers.scale * entry(delta[i]));
    let least = high_product(
        vec2(numbers.floor_low, numbers.floor_high), spread[select(i, 0u, numbers.is_flat != 0u)].xy);
    var here = x[i];
    if (!by.is_negative) {
      here = added(here, by.size);
    } else if (is_above(here, by.size)) {
      here = subtracted(here, by.size);
    } else {
      here = vec2(0u, 0u);
    }
    if (is_above(least, here)) { here = least; }
    x[i] = here;
  }
}
