// The row of a particle: two trees over its entries, of which one page shows that a key is there, or that it is not.
import { type Bytes, bit, compare, concat, equal, number, readNumber, require, sha256 } from "./bytes";

const PAGE_ENTRIES_MAX = 32;
const ROW_VALUE_BYTES = 88;
const PAGE = Uint8Array.of(0);
const INNER = Uint8Array.of(1);

/** A kind of tree: bytes of an entry's key and of an entry, and whether its first number is summed. */
export interface Shape {
  keyBytes: number;
  entryBytes: number;
  summed: boolean;
}
export const WEIGHTS: Shape = { keyBytes: 32, entryBytes: 40, summed: true };
export const AUTHORS: Shape = { keyBytes: 96, entryBytes: 112, summed: false };

export interface RowValue {
  links: bigint;
  axons: bigint;
  total: bigint;
  weightsRoot: Bytes;
  authorsRoot: Bytes;
}

export function decodeRow(value: Bytes): RowValue {
  require(value.length === ROW_VALUE_BYTES, "row-value", `a row has ${ROW_VALUE_BYTES} bytes`);
  const [links, axons, total] = [0, 8, 16].map((at) => readNumber(value.subarray(at, at + 8)));
  return {
    links: links!,
    axons: axons!,
    total: total!,
    weightsRoot: value.subarray(24, 56),
    authorsRoot: value.subarray(56),
  };
}

export const encodeRow = (row: RowValue): Bytes =>
  concat(number(row.links), number(row.axons), number(row.total), row.weightsRoot, row.authorsRoot);

const nodeBytes = (shape: Shape): number => 32 + (shape.summed ? 8 : 0);

function keysOf(shape: Shape, entries: Bytes): Bytes[] {
  require(entries.length % shape.entryBytes === 0, "row-page", "entries of a row are not whole");
  const keys: Bytes[] = [];
  for (let at = 0; at < entries.length; at += shape.entryBytes) keys.push(entries.subarray(at, at + shape.keyBytes));
  for (let at = 1; at < keys.length; at++)
    require(compare(keys[at - 1]!, keys[at]!) < 0, "row-page", "the entries of a row do not ascend");
  return keys;
}

function pageNode(shape: Shape, entries: Bytes): Bytes {
  if (!entries.length) return new Uint8Array(nodeBytes(shape));
  const hash = sha256(PAGE, entries);
  if (!shape.summed) return hash;
  let total = 0n;
  for (let at = shape.keyBytes; at < entries.length; at += shape.entryBytes)
    total += readNumber(entries.subarray(at, at + 8));
  return concat(hash, sum(total));
}

function innerNode(shape: Shape, left: Bytes, right: Bytes): Bytes {
  const hash = sha256(INNER, left, right);
  return shape.summed ? concat(hash, sum(readNumber(left.subarray(32)) + readNumber(right.subarray(32)))) : hash;
}

function sum(total: bigint): Bytes {
  require(total < 1n << 64n, "row-page", "a sum of weights has more than 64 bits");
  return number(total);
}

/** The node over all entries, which share their keys' first `depth` bits. */
export function subtree(shape: Shape, entries: Bytes): Bytes {
  return below(shape, entries, keysOf(shape, entries), 0);
}

function below(shape: Shape, entries: Bytes, keys: Bytes[], depth: number): Bytes {
  if (keys.length <= PAGE_ENTRIES_MAX) return pageNode(shape, entries);
  const left = keys.filter((key) => !bit(key, depth)).length;
  const cut = left * shape.entryBytes;
  return innerNode(
    shape,
    below(shape, entries.subarray(0, cut), keys.slice(0, left), depth + 1),
    below(shape, entries.subarray(cut), keys.slice(left), depth + 1),
  );
}

/** A page's proof: sides from the root down, and the page. */
class PageProof {
  private constructor(
    private readonly page: Bytes,
    private readonly sides: Bytes[],
  ) {}

  static decoded(shape: Shape, data: Bytes): PageProof {
    require(data.length >= 2, "row-proof", "these bytes are not the encoding of a page proof");
    const depth = Number(readNumber(data.subarray(0, 2)));
    require(depth <= 8 * shape.keyBytes, "row-proof", `${depth} sides are more than a key has bits`);
    let at = 2 + Math.ceil(depth / 8);
    const bits = readNumber(data.subarray(2, at));
    require(bits >> BigInt(depth) === 0n, "row-proof", "these bytes are not the encoding of a page proof");
    const sides: Bytes[] = [];
    for (let place = 0; place < depth; place++) {
      const isThere = Boolean((bits >> BigInt(place)) & 1n);
      const side = isThere ? data.subarray(at, at + nodeBytes(shape)) : new Uint8Array(nodeBytes(shape));
      require(side.length === nodeBytes(shape), "row-proof", "a page proof ends within a side");
      require(!isThere || side.some((byte) => byte), "row-proof", "an empty side is written out");
      sides.push(side);
      at += isThere ? nodeBytes(shape) : 0;
    }
    return new PageProof(data.subarray(at), sides);
  }

  root(shape: Shape, key: Bytes): Bytes {
    require(keysOf(shape, this.page).length <= PAGE_ENTRIES_MAX, "row-page", "a page has too many entries");
    let node = pageNode(shape, this.page);
    for (let depth = this.sides.length - 1; depth >= 0; depth--) {
      const side = this.sides[depth]!;
      node = bit(key, depth) ? innerNode(shape, side, node) : innerNode(shape, node, side);
    }
    return node;
  }

  entry(shape: Shape, key: Bytes): Bytes | null {
    const at = keysOf(shape, this.page).findIndex((other) => equal(other, key));
    if (at < 0) return null;
    return this.page.subarray(at * shape.entryBytes + shape.keyBytes, (at + 1) * shape.entryBytes);
  }
}

/** The weight of an axon in the row with this value, 0 where there is none. */
export function verifyAxon(value: Bytes, target: Bytes, page: Bytes): bigint {
  const row = decodeRow(value);
  const proof = PageProof.decoded(WEIGHTS, page);
  const root = concat(row.weightsRoot, number(row.total));
  require(equal(proof.root(WEIGHTS, target), root), "row-root", "the page does not lead to the weights of this row");
  const found = proof.entry(WEIGHTS, target);
  return found === null ? 0n : readNumber(found);
}

/** Amount and height of a link in the row with this value, null where there is none. */
export function verifyLink(value: Bytes, key: Bytes, page: Bytes): [bigint, bigint] | null {
  const proof = PageProof.decoded(AUTHORS, page);
  const root = decodeRow(value).authorsRoot;
  require(equal(proof.root(AUTHORS, key), root), "row-root", "the page does not lead to the authors of this row");
  const found = proof.entry(AUTHORS, key);
  return found === null ? null : [readNumber(found.subarray(0, 8)), readNumber(found.subarray(8))];
}
