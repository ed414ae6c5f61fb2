// Row sums y[row] = sum of weight * x[column]. Rows lie in slices of 32, by falling length, column-major: each thread adds
// up a row of its own, and what neighbours read lies side by side.

struct Numbers { rows: u32, base: i32, adds: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> slice_start: array<u32>;
@group(0) @binding(1) var<storage, read> columns: array<u32>;
@group(0) @binding(2) var<storage, read> weights: array<u32>;
@group(0) @binding(3) var<storage, read> row_of: array<u32>;
@group(0) @binding(4) var<storage, read> x: array<Source>;
@group(0) @binding(5) var<storage, read_write> y: array<Value>;

const NO_ROW = 0xffffffffu;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  let place = place_of(group, groups, local);
  if (place >= numbers.rows) { return; }
  let row = row_of[place];
  if (row == NO_ROW) { return; }
  let slice = place / LANES;
  var at = slice_start[slice] + place % LANES;
  let stop = slice_start[slice + 1u];
  var one = nothing();
  var two = nothing();
  for (; at + 3u * LANES < stop; at += 4u * LANES) {
    let c0 = columns[at];
    let c1 = columns[at + LANES];
    let c2 = columns[at + 2u * LANES];
    let c3 = columns[at + 3u * LANES];
    let w0 = weights[at];
    let w1 = weights[at + LANES];
    let w2 = weights[at + 2u * LANES];
    let w3 = weights[at + 3u * LANES];
    let x0 = x[c0];
    let x1 = x[c1];
    let x2 = x[c2];
    let x3 = x[c3];
    one = plus(plus(one, term(x0, w0, numbers.base)), term(x2, w2, numbers.base));
    two = plus(plus(two, term(x1, w1, numbers.base)), term(x3, w3, numbers.base));
  }
  for (; at < stop; at += LANES) { one = plus(one, term(x[columns[at]], weights[at], numbers.base)); }
  var sum = plus(one, two);
  if (numbers.adds != 0u) { sum = plus(sum, y[row]); }
  y[row] = sum;
}
