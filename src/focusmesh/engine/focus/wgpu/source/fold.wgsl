// Adds up the pieces of each long row.

struct Numbers { rows: u32, adds: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> first_piece: array<u32>;
@group(0) @binding(1) var<storage, read> row_of: array<u32>;
@group(0) @binding(2) var<storage, read> partial: array<Value>;
@group(0) @binding(3) var<storage, read_write> y: array<Value>;

var<workgroup> room: array<Value, THREADS>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  let at = place_of(group, groups, local) / LANES;
  let lane = local % LANES;
  var sum = nothing();
  if (at < numbers.rows) {
    let stop = first_piece[at + 1u];
    for (var piece = first_piece[at] + lane; piece < stop; piece += LANES) { sum = plus(sum, partial[piece]); }
  }
  room[local] = sum;
  for (var half = LANES / 2u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (lane < half) { room[local] = plus(room[local], room[local + half]); }
  }
  if (lane == 0u && at < numbers.rows) {
    sum = room[local];
    if (numbers.adds != 0u) { sum = plus(sum, y[row_of[at]]); }
    y[row_of[at]] = sum;
  }
}
