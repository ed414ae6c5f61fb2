// Two vectors of float32 side by side: x and the tail of its undirected walk.

alias Value = vec2<f32>;
alias Source = vec2<f32>;

fn nothing() -> Value { return vec2(0.0, 0.0); }
fn plus(a: Value, b: Value) -> Value { return a + b; }
fn term(value: Source, weight: u32, base: i32) -> Value { return bitcast<f32>(weight) * value; }

// How much the tail counts in a product.
const TAIL = 0.3;

fn entry(value: Value) -> f32 { return value.x; }
fn value_of(x: f32, tail: f32) -> Value { return vec2(x, tail); }
fn sizes(step: Value) -> vec2<f32> { return abs(step); }
fn product(a: Value, b: Value) -> f32 { return a.x * b.x + TAIL * a.y * b.y; }
