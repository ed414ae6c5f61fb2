// Numbers of 64 bits as vec2(low, high): WGSL has none. All of it wraps around as C's unsigned long long does.

fn added(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let low = a.x + b.x;
  return vec2(low, a.y + b.y + select(0u, 1u, low < a.x));
}

fn subtracted(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  return vec2(a.x - b.x, a.y - b.y - select(0u, 1u, a.x < b.x));
}

fn is_above(a: vec2<u32>, b: vec2<u32>) -> bool {
  return a.y > b.y || (a.y == b.y && a.x > b.x);
}

// The whole product of two numbers of 32 bits.
fn multiplied(a: u32, b: u32) -> vec2<u32> {
  let al = a & 0xffffu;
  let ah = a >> 16u;
  let bl = b & 0xffffu;
  let bh = b >> 16u;
  let one = ah * bl;
  let other = al * bh;
  let middle = ((al * bl) >> 16u) + (one & 0xffffu) + (other & 0xffffu);
  return vec2(a * b, ah * bh + (one >> 16u) + (other >> 16u) + (middle >> 16u));
}

// The high 64 bits of the product of two numbers of 64 bits.
fn high_product(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let low = multiplied(a.x, b.x);
  let one = added(multiplied(a.y, b.x), vec2(low.y, 0u));
  let other = added(multiplied(a.x, b.y), vec2(one.x, 0u));
  return added(added(multiplied(a.y, b.y), vec2(one.y, 0u)), vec2(other.y, 0u));
}

// value >> by for 0 <= by < 32, where `above` follows on the left.
fn funnel(value: u32, above: u32, by: u32) -> u32 {
  return (value >> by) | ((above << 1u) << (31u - by));
}

// The low 64 bits of (c * factor) >> by, for any `by`.
fn product_shifted(c: vec2<u32>, factor: u32, by: u32) -> vec2<u32> {
  let low = multiplied(c.x, factor);
  let high = added(multiplied(c.y, factor), vec2(low.y, 0u));
  let rest = by & 31u;
  if (by < 32u) { return vec2(funnel(low.x, high.x, rest), funnel(high.x, high.y, rest)); }
  if (by < 64u) { return vec2(funnel(high.x, high.y, rest), high.y >> rest); }
  return vec2(select(0u, high.y >> rest, by < 96u), 0u);
}

// A whole number that a float is near to; `value` is signed, and 0 from 2^62 on.
struct Signed { size: vec2<u32>, is_negative: bool }

fn whole_of(value: f32) -> Signed {
  let bits = bitcast<u32>(value);
  let exponent = (bits >> 23u) & 0xffu;
  let mantissa = (bits & 0x7fffffu) | 0x800000u;
  var size = vec2(0u, 0u);
  if (exponent >= 150u && exponent < 189u) {
    let by = exponent - 150u;
    size = vec2(select(0u, mantissa << (by & 31u), by < 32u), select(mantissa << (by & 31u), (mantissa >> 1u) >> (31u - (by & 31u)), by < 32u));
  } else if (exponent > 126u && exponent < 150u) {
    size = vec2(mantissa >> (150u - exponent), 0u);
  }
  return Signed(size, (bits >> 31u) == 1u);
}

fn real_of(value: vec2<u32>) -> f32 { return f32(value.y) * 4294967296.0 + f32(value.x); }

var<workgroup> wide_room: array<vec2<u32>, THREADS>;

// The sum over a workgroup; all threads come here together.
fn wide_group_sum(value: vec2<u32>, local: u32) -> vec2<u32> {
  workgroupBarrier();
  wide_room[local] = value;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half >>= 1u) {
    if (local < half) { wide_room[local] = added(wide_room[local], wide_room[local + half]); }
    workgroupBarrier();
  }
  return wide_room[0];
}

// What a particle of that mass sends for a weight of 1: mass * inverse / 2^63, where `inverse` has 58 bits and a shift
// in the six above, which stays.
fn shared_out(mass: vec2<u32>, inverse: vec2<u32>) -> vec2<u32> {
  let by = vec2(inverse.x << 1u, ((inverse.y & 0x3ffffffu) << 1u) | (inverse.x >> 31u));
  let share = high_product(mass, by);
  return vec2(share.x, share.y | (inverse.y & 0xfc000000u));
}
