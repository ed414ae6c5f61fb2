// Repair: all shares of a square from some of them, row by row and column by column, or the proof that it was coded badly.
// A row or column of which k shares are known has one extension. It is the one that was committed to if it makes the root
// in the header and agrees with whatever else is known; if not, the producer coded badly, and k shares prove that to anybody.
// k whole lines along one axis determine every line across them, and those all the rest.
import { type Bytes, ProofError, concat, equal } from "../bytes";
import { encode } from "../cbor";
import { extend, recover } from "./coding";
import { nodesBeside, rootNode } from "./namespaced";
import { type Axis, NODE_BYTES, SHARE_BYTES, type Share, type Square, leafOf, rootsOf } from "./square";

const AXES: [Axis, Axis] = ["row", "column"];
const ACROSS: { [axis in Axis]: Axis } = { row: "column", column: "row" };

/** A row or column whose committed root is not that of the extension of its shares at the k places `shown`. */
export interface BadLine {
  axis: Axis;
  index: number;
  shown: number[];
}

export class Repairing {
  readonly size: number;
  /** All shares, 512 bytes each, row by row; which of them are known; which lines were found right. */
  readonly shares: Bytes;
  readonly known: Uint8Array;
  readonly whole: { [axis in Axis]: Uint8Array };
  bad: BadLine | null = null;
  private readonly leaves: Bytes;

  /** Of shares by place, each of which was proved. */
  constructor(
    private readonly square: Square,
    private readonly given: ReadonlyMap<number, Share>,
  ) {
    this.size = 2 * square.width;
    const count = this.size ** 2;
    this.known = new Uint8Array(count);
    [this.shares, this.leaves] = [new Uint8Array(count * SHARE_BYTES), new Uint8Array(count * NODE_BYTES)];
    this.whole = { row: new Uint8Array(this.size), column: new Uint8Array(this.size) };
    for (const [place, { bytes, leaf }] of given) {
      this.shares.set(bytes, place * SHARE_BYTES);
      this.leaves.set(leaf, place * NODE_BYTES);
      this.known[place] = 1;
    }
  }

  /** Whether every row and column is there and is the one that was committed to. */
  get isWhole(): boolean {
    return this.wholeCount === 2 * this.size;
  }

  get wholeCount(): number {
    return AXES.reduce((sum, axis) => sum + countOf(this.whole[axis]), 0);
  }

  /** Fills lines until none can be filled any more, or one is bad; one line a step, so that who calls can rest. */
  *steps(): Generator<void> {
    for (let before = -1; this.wholeCount > before; ) {
      before = this.wholeCount;
      for (const axis of AXES)
        for (const index of this.due(axis)) {
          const shown = this.fill(axis, index);
          if (shown) {
            this.bad = { axis, index, shown };
            return;
          }
          yield;
        }
    }
  }

  /** The shares of the block's own quarter, row by row. */
  own(): Bytes {
    const { width } = this.square;
    const found = new Uint8Array(width * width * SHARE_BYTES);
    for (let row = 0; row < width; row++) {
      const start = row * this.size * SHARE_BYTES;
      found.set(this.shares.subarray(start, start + width * SHARE_BYTES), row * width * SHARE_BYTES);
    }
    return found;
  }

  /** The bytes that prove the bad line to whoever has the header: those of `focusmesh availability repair`. */
  proof(): Bytes {
    if (!this.bad) throw new ProofError("bad-encoding", "nothing is proved against this block");
    const { axis, index, shown } = this.bad;
    const places = this.placesOf(axis, index);
    return encode([axis, BigInt(index), shown.map((at) => this.proved(places[at]!, axis))]);
  }

  private placesOf(axis: Axis, index: number): number[] {
    const { size } = this;
    return Array.from({ length: size }, (_, at) => (axis === "row" ? index * size + at : at * size + index));
  }

  /** The lines to fill next: no more than k of one axis before the lines across them, which follow from those. */
  private due(axis: Axis): number[] {
    const { width } = this.square;
    const whole = this.whole[axis];
    const open = [...whole.keys()].filter((index) => !whole[index]);
    if (countOf(this.whole[ACROSS[axis]]) >= width) return open;
    const count = (index: number) => this.placesOf(axis, index).reduce((sum, place) => sum + this.known[place]!, 0);
    return open.filter((index) => count(index) >= width).slice(0, Math.max(0, width - countOf(whole)));
  }

  /** Fills a line that is as committed and gives null; of any other one, k places that prove that it is not. */
  private fill(axis: Axis, index: number): number[] | null {
    const { width } = this.square;
    const places = this.placesOf(axis, index);
    const basis = places.flatMap((place, at) => (this.known[place] ? [at] : [])).slice(0, width);
    const line = concat(...places.map((place) => this.share(place)));
    // Where all that crosses is whole, k lines of this axis are, and any other one is a sum of multiples of them.
    const made = countOf(this.whole[ACROSS[axis]]) === this.size ? line : extended(line, basis, width);
    const pieceAt = (of: Bytes, at: number) => of.subarray(at * SHARE_BYTES, (at + 1) * SHARE_BYTES);
    const differs = places.flatMap((place, at) => (this.known[place] && !equal(pieceAt(line, at), pieceAt(made, at)) ? [at] : []));
    const leaves = places.map((place, at) =>
      this.known[place] && !differs.includes(at) ? this.leaf(place) : this.leafOf(place, pieceAt(made, at)),
    );
    if (!hasRoot(leaves, rootsOf(this.square, axis)[index]!)) return basis;
    // The root is that of the k shares; with the one that disagrees among them it would be another.
    if (differs.length) return [...basis.slice(1), differs[0]!];
    places.forEach((place, at) => {
      if (this.known[place]) return;
      this.shares.set(pieceAt(made, at), place * SHARE_BYTES);
      this.leaves.set(leaves[at]!, place * NODE_BYTES);
      this.known[place] = 1;
    });
    this.whole[axis][index] = 1;
    return null;
  }

  private share(place: number): Bytes {
    return this.shares.subarray(place * SHARE_BYTES, (place + 1) * SHARE_BYTES);
  }

  private leaf(place: number): Bytes {
    return this.leaves.subarray(place * NODE_BYTES, (place + 1) * NODE_BYTES);
  }

  private leafOf(place: number, share: Bytes): Bytes {
    return leafOf(share, Math.floor(place / this.size), place % this.size, this.square.width);
  }

  /** A share with its way to a root: that with which it came, or along the line that gave it. */
  private proved(place: number, axis: Axis) {
    const share = this.given.get(place);
    const by = share?.axis ?? ACROSS[axis];
    const [row, column] = [Math.floor(place / this.size), place % this.size];
    const [line, at] = by === "row" ? [row, column] : [column, row];
    const leaves = () => this.placesOf(by, line).map((each) => this.leaf(each));
    const nodes = share?.nodes() ?? nodesBeside(leaves(), at);
    const leafProof = [BigInt(at), BigInt(at + 1), nodes, new Uint8Array()];
    return [BigInt(row), BigInt(column), by, this.share(place).slice(), leafProof];
  }
}

const countOf = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0);

/** What 2k shares are by those at the k places of `basis`. */
function extended(line: Bytes, basis: number[], width: number): Bytes {
  if (basis.at(-1)! >= width) return recover(line, Array.from({ length: 2 * width }, (_, at) => basis.includes(at)));
  const own = line.subarray(0, width * SHARE_BYTES);
  return concat(own, extend(own, width));
}

function hasRoot(leaves: Bytes[], root: Bytes): boolean {
  try {
    return equal(rootNode(leaves), root);
  } catch (error) {
    if (error instanceof ProofError) return false;
    throw error;
  }
}
