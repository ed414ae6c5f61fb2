// One worker an invocation: its cells, its tasks and what it counts. Constants come from words.py and marks.py.
//
// A word is its two lanes, x low and y high. What another invocation wrote in this round is not read: a half, a frame or
// an operand that came from another is left to the next round, by a task whose frame says what is to be done with it.

struct Run {
  in_count: u32, out_max: u32, workers: u32, tasks_max: u32, end: u32, chunk: u32,
  arities: u32, matches: u32, together: u32, by_tag: u32, given_max: u32, slice: u32,
  step_cells: u32, steps_max: u32,
}

@group(0) @binding(0) var<storage, read_write> heap: array<atomic<u32>>;
@group(0) @binding(1) var<storage, read> program: array<u32>;
@group(0) @binding(2) var<storage, read_write> shared_row: array<atomic<u32>>;
@group(0) @binding(3) var<storage, read_write> own: array<u32>;
@group(0) @binding(4) var<storage, read> tasks_in: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read_write> tasks_out: array<vec4<u32>>;
@group(0) @binding(6) var<storage, read_write> results: array<vec2<u32>>;
@group(1) @binding(0) var<uniform> run: Run;

const TOP = 0u;
const STATUS = 1u;
const NAMES = 2u;
const OUT = 3u;
const SPENT = 4u;

const MINE = 0u;
const MINE_END = 1u;
const COUNTS = 2u;
const STACK = 9u;

const GOING = 0u;
const FOUND = 1u;
const CALLING = 2u;
const LEAVING = 3u;

const SUBSTITUTED = 0x80000000u;
const LABELS = 0x3FFFF00u;
const SPOTS = 0xFFu;
const FORKED = 0x80u;
const FORKS = 0x40u;
const READY_NOW = 0x80u;
const UNMET_NOW = 0x40u;
const DELIVER = 20u;
const RESUME = 21u;
const CALL_ON = 22u;
const NOTHING = vec2<u32>(0u, ERA << 26u);

var<private> number: u32;
var<private> mine: u32;
var<private> mine_end: u32;
var<private> depth: u32;
var<private> left: i32;
var<private> halted: bool;
var<private> steps: u32;
var<private> counts: array<u32, 7>;
var<private> frame: vec2<u32>;
var<private> term: vec2<u32>;

fn tag_of(word: vec2<u32>) -> u32 { return (word.y >> 26u) & 31u; }
fn label_of(word: vec2<u32>) -> u32 { return (word.y >> 8u) & 0x3FFFFu; }
fn spot_of(word: vec2<u32>) -> u32 { return word.y & SPOTS; }
fn plain(word: vec2<u32>) -> vec2<u32> { return vec2(word.x, word.y & ~SPOTS); }
fn at_spot(word: vec2<u32>, spot: u32) -> vec2<u32> { return vec2(word.x, (word.y & ~SPOTS) | spot); }
fn made(tag: u32, labels: u32, low: u32) -> vec2<u32> { return vec2(low, (tag << 26u) | labels); }

// Cells.

fn cell_at(at: u32) -> vec2<u32> {
  return vec2(atomicLoad(&heap[2u * at]), atomicLoad(&heap[2u * at + 1u]));
}

fn put(at: u32, word: vec2<u32>) {
  atomicStore(&heap[2u * at], word.x);
  atomicStore(&heap[2u * at + 1u], word.y);
}

fn code(at: u32) -> u32 { return program[2u * at]; }
fn code_word(at: u32) -> vec2<u32> { return vec2(program[2u * at], program[2u * at + 1u]); }

fn or_state(at: u32, bits: u32) -> u32 { return atomicOr(&heap[2u * at + 1u], bits); }

fn stop(status: u32) {
  atomicMax(&shared_row[STATUS], status);
  halted = true;
}

// A step takes what it needs from the chunk, in which there is room for any.
fn taken(count: u32) -> u32 {
  mine += count;
  return mine - count;
}

fn another_chunk() {
  mine = atomicAdd(&shared_row[TOP], run.chunk);
  mine_end = mine + run.chunk;
  if (mine_end > run.end) { stop(OUT_OF_MEMORY); }
}

fn counted(opcode: u32) {
  counts[opcode]++;
  left--;
}

fn duplication(value: vec2<u32>) -> u32 {
  let place = taken(4u);
  put(place, value);
  put(place + 1u, vec2(0u, 0u));
  return place;
}

// Tasks.

fn hand_on(asking: vec2<u32>, asked: vec2<u32>) {
  let at = atomicAdd(&shared_row[OUT], 1u);
  if (at >= run.out_max) {
    stop(OUT_OF_MEMORY);
    return;
  }
  tasks_out[at] = vec4(asking, asked);
}

fn stack_at(lane: u32) -> u32 { return (STACK + 4u * depth + lane) * run.workers + number; }

fn push(asking: vec2<u32>, asked: vec2<u32>) {
  if (depth >= run.tasks_max) {
    hand_on(asking, asked);
    return;
  }
  own[stack_at(0u)] = asking.x;
  own[stack_at(1u)] = asking.y;
  own[stack_at(2u)] = asked.x;
  own[stack_at(3u)] = asked.y;
  depth++;
}

fn pop() {
  depth--;
  frame = vec2(own[stack_at(0u)], own[stack_at(1u)]);
  term = vec2(own[stack_at(2u)], own[stack_at(3u)]);
}

// Arguments of an arm, and places of the nodes of a copy.

fn given_at(at: u32) -> u32 { return (STACK + 4u * run.tasks_max + 2u * at) * run.workers + number; }
fn given(at: u32) -> vec2<u32> { return vec2(own[given_at(at)], own[given_at(at) + run.workers]); }
fn give(at: u32, word: vec2<u32>) {
  own[given_at(at)] = word.x;
  own[given_at(at) + run.workers] = word.y;
}
fn place_at(node: u32) -> u32 {
  return (STACK + 4u * run.tasks_max + 2u * run.given_max + node) * run.workers + number;
}

fn cells_of(word: vec2<u32>) -> u32 {
  let tag = tag_of(word);
  let label = label_of(word);
  if (tag <= DP1 || tag == LAM) { return 1u; }
  if (tag == ERA || tag == W32 || tag == ARM) { return 0u; }
  if (tag == CTR) { return code(run.arities + label); }
  if (tag == REF) { return code(ROW * label + ARITY); }
  if (tag == MAT) { return 1u + code(run.matches + 2u * label + 1u); }
  if (tag == SWI) { return 1u + label; }
  return 2u;
}
