// What each particle sends for a weight of 1, c = floor(x * 2^31 / norm), beside its shift (whole.wgsl).

struct Numbers { count: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> x: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> norms: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> shares: array<vec4<u32>>;

// Quotient and rest of (high, low) by a number of 32 bits whose first is 1, for high < by; inverse is
// floor((2^64 - 1) / by) - 2^32. N. Moeller, T. Granlund, IEEE Trans. Comput. 60 (2011) 165, algorithm 4.
fn divided(high: u32, low: u32, by: u32, inverse: u32) -> vec2<u32> {
  let guess = added(multiplied(inverse, high), vec2(low, high));
  var quotient = guess.y + 1u;
  var rest = low - quotient * by;
  if (rest > guess.x) {
    quotient -= 1u;
    rest += by;
  }
  if (rest >= by) {
    quotient += 1u;
    rest -= by;
  }
  return vec2(quotient, rest);
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  for (var i = group.x * THREADS + local; i < numbers.count; i += groups.x * THREADS) {
    let norm = norms[i];
    let above = select(0u, 1u, x[i].y >= norm.x);
    let whole = divided(x[i].y - above * norm.x, x[i].x, norm.x, norm.y);
    let below = divided(whole.y >> 1u, whole.y << 31u, norm.x, norm.y);
    shares[i] = vec4((whole.x << 31u) | below.x, (above << 31u) | (whole.x >> 1u), norm.z, 0u);
  }
}
