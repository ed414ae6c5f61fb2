// A first guess, times n: some of the mass as u has it, the rest in proportion to the weights of links.

struct Numbers { count: u32, is_flat: u32, inward: u32, even: f32, linked: f32, tail: f32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> by: array<vec2<f32>>;
@group(0) @binding(1) var<storage, read> spread: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> x: array<Value>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    let divided = by[i];
    var weight = 0.0;
    if (divided.y > 0.0) { weight = 1.0 / divided.y; }
    if (numbers.inward != 0u && divided.x > 0.0) { weight = max(weight - 1.0 / divided.x, 0.0); }
    let u = spread[select(i, 0u, numbers.is_flat != 0u)].x;
    x[i] = value_of(numbers.even * u + numbers.linked * weight, numbers.tail * weight);
  }
}
