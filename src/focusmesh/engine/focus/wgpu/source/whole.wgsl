// The integers of certificates: vec4(c low, c high, shift, 0), and weights of 32 bits.

alias Value = vec2<u32>;
alias Source = vec4<u32>;

fn nothing() -> Value { return vec2(0u, 0u); }
fn plus(a: Value, b: Value) -> Value { return added(a, b); }
fn term(sent: Source, weight: u32, base: i32) -> Value { return product_shifted(sent.xy, weight, sent.z); }
