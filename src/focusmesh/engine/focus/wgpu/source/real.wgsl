// Vectors of float32.

alias Value = f32;
alias Source = f32;

fn nothing() -> Value { return 0.0; }
fn plus(a: Value, b: Value) -> Value { return a + b; }
fn term(value: Source, weight: u32, base: i32) -> Value { return bitcast<f32>(weight) * value; }

fn entry(value: Value) -> f32 { return value; }
fn value_of(x: f32, tail: f32) -> Value { return x; }
fn sizes(step: Value) -> vec2<f32> { return vec2(abs(step), 0.0); }
fn product(a: Value, b: Value) -> f32 { return a * b; }
