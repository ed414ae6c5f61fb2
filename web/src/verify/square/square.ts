// The square of a block: its roots, which are under the header's data root, and shares, which are under the roots.
import { type Bytes, ProofError, digest, equal, fromHex, require as requireThat, toHex } from "../bytes";
import { type Cbor, decode } from "../cbor";
import { type Header, checkBlock, headerOf } from "../header";
import { Float, type Json } from "../json";
import { type Run, checkLeaves, leafNode, nodesBeside, rangeOf, rootNode } from "./namespaced";
import { ADDED, NAMESPACE_BYTES, nameOf } from "./namespaces";
import { innerHash, leafHash } from "../state";

export const SHARE_BYTES = 512;
export const WIDTH_MAX = 128;
export const NODE_BYTES = 2 * NAMESPACE_BYTES + 32;

/** What a server says of a square, as its routes do. */
export interface ToldSquare {
  height: number;
  id: string;
  header_bytes: string;
  proof: string;
  rows: string[];
  columns: string[];
}
export interface ToldShare {
  row: number;
  column: number;
  axis: string;
  share: string;
  start: number;
  stop: number;
  nodes: string[];
}
export interface ToldLine {
  axis: string;
  line: number;
  shares: string[];
}

export type Axis = "row" | "column";
/** Of k × k shares that were doubled both ways; the roots are those that the header commits to. */
export interface Square {
  header: Header;
  width: number;
  rows: Bytes[];
  columns: Bytes[];
}
/** `leaf` is its node in the trees over its row and its column. */
export interface Share {
  row: number;
  column: number;
  axis: Axis;
  bytes: Bytes;
  leaf: Bytes;
  /** The nodes beside it in the tree of its axis, and what they say of the other shares. */
  nodes: () => Bytes[];
  beside: Run[];
}

/** The square of the block at this height; raises ProofError ("header", "signature", "roots"). */
export function readSquare(told: ToldSquare, height: number): Square {
  const header = headerFrom(hex("the header", told.header_bytes));
  require(told.height === height && header.height === BigInt(height), `this is block ${header.height}`);
  checkBlock(header, told.id, told.proof);
  require(Array.isArray(told.rows) && Array.isArray(told.columns), "there are no roots");
  const [rows, columns] = [told.rows, told.columns].map(
    (roots) => roots.map((root) => fromHex("a root", root, NODE_BYTES, "roots")),
  ) as [Bytes[], Bytes[]];
  const width = rows.length / 2;
  const isSquare = 1 <= width && width <= WIDTH_MAX && Number.isInteger(Math.log2(width));
  require(isSquare && rows.length === columns.length, `${rows.length} rows and ${columns.length} columns are no square`);
  require(equal(rootOver([...rows, ...columns]), header.dataRoot), "the header names another data root");
  return { header, width, rows, columns };
}

/** The share that was asked for, which lies where it was asked for; raises ProofError ("roots", "namespace"). */
export function readShare(told: ToldShare, square: Square, row: number, column: number): Share {
  const size = 2 * square.width;
  require(told.axis === "row" || told.axis === "column", "a share is proved by its row or its column");
  require(told.row === row && told.column === column, `share (${told.row}, ${told.column}) is another one`);
  require(Math.max(row, column) < size && Math.min(row, column) >= 0, `there is no share (${row}, ${column})`);
  const [line, at] = told.axis === "row" ? [row, column] : [column, row];
  require(told.start === at && told.stop === at + 1, "the proof is of another share");
  require(Array.isArray(told.nodes), "there is no proof");
  const bytes = fromHex("a share", told.share, SHARE_BYTES, "roots");
  const nodes = told.nodes.map((node) => fromHex("a node", node, NODE_BYTES, "roots"));
  const namespace = namespaceOf(bytes, row, column, square.width);
  const beside = checkLeaves({ start: at, stop: at + 1, nodes }, rootsOf(square, told.axis)[line]!, size, [[namespace, bytes]]);
  return { row, column, axis: told.axis, bytes, leaf: leafNode(namespace, bytes), nodes: () => nodes, beside };
}

/** All shares of the row or column that was asked for; raises ProofError ("roots", "namespace"). */
export function readLine(told: ToldLine, square: Square, axis: Axis, line: number): Share[] {
  const size = 2 * square.width;
  require(told.axis === axis && told.line === line, `${told.axis} ${told.line} is another one`);
  require(Array.isArray(told.shares) && told.shares.length === size, `a ${axis} has ${size} shares`);
  const shares = told.shares.map((text, at): Share => {
    const bytes = fromHex("a share", text, SHARE_BYTES, "roots");
    const [row, column] = axis === "row" ? [line, at] : [at, line];
    // Of what came in this line, which the lines across may say something else of.
    const nodes = () => nodesBeside(leaves, at);
    return { row, column, axis, bytes, leaf: leafOf(bytes, row, column, square.width), nodes, beside: [] };
  });
  const leaves = shares.map(({ leaf }) => leaf);
  const root = rootNode(leaves);
  require(equal(root, rootsOf(square, axis)[line]!), `they do not make the root of ${axis} ${line}`);
  return shares;
}

export const rootsOf = (square: Square, axis: Axis): Bytes[] => (axis === "row" ? square.rows : square.columns);

/** A share of the block's own quarter says it in its first bytes. */
function namespaceOf(bytes: Bytes, row: number, column: number, width: number): Bytes {
  return row < width && column < width ? bytes.subarray(0, NAMESPACE_BYTES) : ADDED;
}

export function leafOf(bytes: Bytes, row: number, column: number, width: number): Bytes {
  return leafNode(namespaceOf(bytes, row, column, width), bytes);
}

/** For each share of the block's own quarter, row by row, the name of its namespace, or null where nothing tells it. */
export function namesIn(square: Square, shares: Iterable<Share>): (string | null)[] {
  const { width } = square;
  const names = new Array<string | null>(width * width).fill(null);
  const tell = (row: number, low: number, high: number, [least, greatest]: [Bytes, Bytes]) => {
    if (equal(least, greatest)) names.fill(nameOf(least), row * width + low, row * width + high);
  };
  square.rows.slice(0, width).forEach((root, row) => tell(row, 0, width, rangeOf(root)));
  for (const share of shares) {
    if (share.row >= width) continue;
    if (share.column < width) names[share.row * width + share.column] = nameOf(share.leaf.subarray(0, NAMESPACE_BYTES));
    if (share.axis === "column") continue;
    for (const { low, high, least, greatest } of share.beside) if (low < width) tell(share.row, low, high, [least, greatest]);
  }
  return between(names);
}

/** Namespaces ascend row by row: whatever lies between two shares of one namespace is of it as well. */
function between(names: (string | null)[]): (string | null)[] {
  let last = -1;
  names.forEach((name, at) => {
    if (name === null) return;
    if (last >= 0 && names[last] === name) names.fill(name, last, at);
    last = at;
  });
  return names;
}

/** A header in its canonical bytes; raises ProofError ("header"). */
export function headerFrom(data: Bytes): Header {
  const header = headerOf(shown(decode(data, "header")));
  requireThat(equal(header.id, digest(data)), "header", "these bytes are not the one spelling of a header");
  return header;
}

/** A value in the JSON that headers are printed in: bytes as hexadecimal. */
function shown(value: Cbor): Json {
  if (value instanceof Uint8Array) return toHex(value);
  if (value === null || typeof value !== "object" || value instanceof Float) return value;
  if (Array.isArray(value)) return value.map(shown);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shown(field)]));
}

/** RFC 6962, of a power of two of leaves. */
function rootOver(leaves: Bytes[]): Bytes {
  let level = leaves.map(leafHash);
  while (level.length > 1)
    level = level.flatMap((left, at) => (at % 2 ? [] : [innerHash(left, level[at + 1]!)]));
  return level[0]!;
}

function hex(what: string, text: unknown): Bytes {
  const length = typeof text === "string" ? text.length : 0;
  return fromHex(what, text, Math.floor(length / 2), "roots");
}

function require(holds: boolean, what: string): asserts holds {
  if (!holds) throw new ProofError("roots", `these are not the shares of the block: ${what}`);
}
