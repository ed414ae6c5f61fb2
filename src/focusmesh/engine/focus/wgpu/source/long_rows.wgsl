// Sums of pieces of long rows, 32 threads each; `fold` adds up the pieces of a row.

struct Numbers { pieces: u32, first: u32, base: i32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> piece_start: array<u32>;
@group(0) @binding(1) var<storage, read> columns: array<u32>;
@group(0) @binding(2) var<storage, read> weights: array<u32>;
@group(0) @binding(3) var<storage, read> x: array<Source>;
@group(0) @binding(4) var<storage, read_write> partial: array<Value>;

var<workgroup> room: array<Value, THREADS>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  let piece = place_of(group, groups, local) / LANES;
  let lane = local % LANES;
  var sum = nothing();
  if (piece < numbers.pieces) {
    let stop = piece_start[piece + 1u];
    for (var at = piece_start[piece] + lane; at < stop; at += LANES) {
      sum = plus(sum, term(x[columns[at]], weights[at], numbers.base));
    }
  }
  room[local] = sum;
  for (var half = LANES / 2u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (lane < half) { room[local] = plus(room[local], room[local + half]); }
  }
  if (lane == 0u && piece < numbers.pieces) { partial[numbers.first + piece] = room[local]; }
}
