// Adds up what each workgroup of a sweep left: sums[kind].

struct Numbers { groups: u32, kinds: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) local: u32) {
  for (var kind = 0u; kind < numbers.kinds; kind++) {
    var sum = 0.0;
    for (var at = local; at < numbers.groups; at += THREADS) { sum += partial[kind * numbers.groups + at]; }
    sum = group_sum(sum, local);
    if (local == 0u) { sums[kind] = sum; }
  }
}
