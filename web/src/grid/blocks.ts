// The blocks of an array as the server sends them: twelve bytes each, which go to the card as they are.

/** Bytes of a block: x, y, z and model as u16, then value, κ, how far it is open to its surroundings, and nothing, as u8. */
export const STRIDE = 12;
const HEAD_BYTES = 48;
const MAGIC = 0x42474d46;
const VERSION = 1;
/** Above this, looking every neighbour up would take more memory than it is worth: blocks that sparse hide nothing. */
const VOLUME_MAX = 1 << 28;
/** A prefix of this order is spread evenly over all blocks, so that a part of them looks like the whole. */
const GOLDEN = 0.618_033_988_75;

export interface Blocks {
  /** How many are here, and how many there are. */
  count: number;
  total: number;
  /** The corner that coordinates count from, and how far they reach. */
  origin: [number, number, number];
  size: [number, number, number];
  least: number;
  most: number;
  bytes: Uint8Array<ArrayBuffer>;
}

export function read(sent: ArrayBuffer): Blocks {
  const head = new DataView(sent);
  if (sent.byteLength < HEAD_BYTES || head.getUint32(0, true) !== MAGIC || head.getUint32(4, true) !== VERSION)
    throw new Error("The server sent blocks in a form that this page does not know.");
  const count = head.getUint32(8, true);
  const three = (at: number): [number, number, number] => [0, 4, 8].map((more) => head.getUint32(at + more, true)) as [number, number, number];
  return {
    count,
    total: head.getUint32(12, true),
    origin: three(16),
    size: three(28),
    least: head.getFloat32(40, true),
    most: head.getFloat32(44, true),
    bytes: new Uint8Array(sent.slice(HEAD_BYTES, HEAD_BYTES + count * STRIDE)),
  };
}

/** What is seen of the blocks: without those that others shut in, in an order whose beginning stands for all of it. */
export function seen(blocks: Blocks): Uint8Array<ArrayBuffer> {
  const places = new Uint16Array(blocks.bytes.buffer);
  const words = new Uint32Array(blocks.bytes.buffer);
  const open = openness(blocks, places);
  const kept: number[] | null = open && [];
  if (open && kept) for (let at = 0; at < blocks.count; at += 1) if (open[at]! > 0) kept.push(at);
  const count = kept?.length ?? blocks.count;
  const out = new Uint32Array(count * 3);
  const bytes = new Uint8Array(out.buffer);
  const step = stepOf(count);
  for (let at = 0, from = 0; at < count; at += 1, from = (from + step) % count) {
    const block = kept ? kept[from]! : from;
    out[3 * at] = words[3 * block]!;
    out[3 * at + 1] = words[3 * block + 1]!;
    out[3 * at + 2] = words[3 * block + 2]!;
    bytes[STRIDE * at + 10] = open ? open[block]! : 255;
  }
  return bytes;
}

/** A step near the golden section of `count` that comes by every block once. */
function stepOf(count: number): number {
  let step = Math.max(1, Math.round(count * GOLDEN));
  while (divisor(step, count) !== 1) step += 1;
  return step;
}

function divisor(one: number, other: number): number {
  while (other) [one, other] = [other, one % other];
  return one;
}

/** How open each block is to its surroundings, 1 to 255, and 0 where it is shut in on all six sides; null where blocks lie too far apart to tell. */
function openness(blocks: Blocks, places: Uint16Array): Uint8Array | null {
  const [wide, deep, high] = blocks.size.map((size) => size + 2) as [number, number, number];
  if (wide * deep * high > VOLUME_MAX) return null;
  const taken = new Uint8Array(Math.ceil((wide * deep * high) / 8));
  const has = (at: number): number => (taken[at >> 3]! >> (at & 7)) & 1;
  const cells = new Uint32Array(blocks.count);
  for (let at = 0; at < blocks.count; at += 1) {
    const cell = places[6 * at]! + 1 + wide * (places[6 * at + 1]! + 1 + deep * (places[6 * at + 2]! + 1));
    cells[at] = cell;
    taken[cell >> 3]! |= 1 << (cell & 7);
  }
  const faces = [1, -1, wide, -wide, wide * deep, -wide * deep];
  const corners = around(wide, deep).filter((step) => !faces.includes(step));
  const open = new Uint8Array(blocks.count);
  for (let at = 0; at < blocks.count; at += 1) {
    const cell = cells[at]!;
    let near = 0;
    for (const step of faces) near += has(cell + step);
    if (near === 6) continue;
    let far = 0;
    for (const step of corners) far += has(cell + step);
    open[at] = Math.round(255 - 20 * near - 5 * far) || 1;
  }
  return open;
}

function around(wide: number, deep: number): number[] {
  const near = [-1, 0, 1];
  const all = near.flatMap((x) => near.flatMap((y) => near.map((z) => x + wide * (y + deep * z))));
  return all.filter((step) => step !== 0);
}
