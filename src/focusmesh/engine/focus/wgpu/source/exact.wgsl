// Mass in units of 2^-63. A source sends c of 58 bits, its shift stands in the six bits above; a weight is a float32,
// whose bits are taken as the whole number and the power of two that they are: nothing is rounded but down, at the end.

alias Value = vec2<u32>;
alias Source = vec2<u32>;

fn nothing() -> Value { return vec2(0u, 0u); }
fn plus(a: Value, b: Value) -> Value { return added(a, b); }

fn term(word: Source, weight: u32, base: i32) -> Value {
  let exponent = weight >> 23u;
  let mantissa = select(0u, (weight & 0x7fffffu) | 0x800000u, exponent > 0u);
  let by = i32(word.y >> 26u) + base - i32(exponent);
  return product_shifted(vec2(word.x, word.y & 0x3ffffffu), mantissa, u32(max(by, 0)));
}
