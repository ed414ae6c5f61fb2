// Adds up the mass that each workgroup of a sweep left.

struct Numbers { groups: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> partial: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read_write> sums: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) local: u32) {
  var sum = vec2(0u, 0u);
  for (var at = local; at < numbers.groups; at += THREADS) { sum = added(sum, partial[at]); }
  sum = wide_group_sum(sum, local);
  if (local == 0u) { sums[0] = sum; }
}
