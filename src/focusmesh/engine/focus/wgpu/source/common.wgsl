// What every kernel may use. THREADS, the size of a workgroup, stands before this text.

const LANES = 32u;

// The place of this thread among all that were launched; more than 65,535 groups stand in several rows.
fn place_of(group: vec3<u32>, groups: vec3<u32>, local: u32) -> u32 {
  return (group.y * groups.x + group.x) * THREADS + local;
}

var<workgroup> real_room: array<f32, THREADS>;

// The sum over a workgroup; all threads come here together.
fn group_sum(value: f32, local: u32) -> f32 {
  workgroupBarrier();
  real_room[local] = value;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half >>= 1u) {
    if (local < half) { real_room[local] += real_room[local + half]; }
    workgroupBarrier();
  }
  return real_room[0];
}
