// Reed–Solomon over GF(2⁸) with Leopard's coefficients: k pieces become 2k, any k of which give back all.
// The k pieces are, byte for byte, the values of a polynomial of degree below k at the points k … 2k − 1; those that are
// added are its values at 0 … k − 1. Polynomials are held in the basis X_i = Π W_j over the set bits j of i.
import type { Bytes } from "../bytes";
import { PRODUCTS, inverse, locators } from "./field";

/** The k pieces to add to k pieces of one length, which is that of all by k, a power of two. */
export function extend(pieces: Bytes, k: number): Bytes {
  const work = pieces.slice();
  interpolate(work, k, k);
  evaluate(work, k);
  return work;
}

/**
 * All 2k pieces from those that are known, at least k: first the k given to `extend`, then those that it gave.
 * Where more than k are known, whether all of them agree shows `extend`.
 */
export function recover(pieces: Bytes, known: ArrayLike<boolean | number>): Bytes {
  const count = known.length;
  const length = pieces.length / count;
  const half = count / 2;
  const pieceAt = (point: number) => (point + half) % count;
  const missing = Array.from({ length: count }, (_, point) => !known[pieceAt(point)]);
  const scale = locators(missing);
  const work = new Uint8Array(pieces.length);
  for (let point = 0; point < count; point++)
    if (!missing[point]) addScaled(work, point * length, pieces, pieceAt(point) * length, length, scale[point]!);
  interpolate(work, count, 0);
  const derived = derivative(work, count);
  evaluate(derived, count);
  const found = pieces.slice();
  for (let point = 0; point < count; point++) {
    if (!missing[point]) continue;
    const at = pieceAt(point) * length;
    found.fill(0, at, at + length);
    addScaled(found, at, derived, point * length, length, inverse(scale[point]!));
  }
  return found;
}

/** target += factor · source, over `length` bytes. */
function addScaled(target: Bytes, to: number, source: Bytes, from: number, length: number, factor: number): void {
  const products = PRODUCTS[factor]!;
  for (let at = 0; at < length; at++) target[to + at] = target[to + at]! ^ products[source[from + at]!]!;
}

/** Each W_j has the derivative 1. */
function derivative(work: Bytes, count: number): Bytes {
  const length = work.length / count;
  const derived = new Uint8Array(work.length);
  for (let bit = 1; bit < count; bit *= 2)
    for (let index = 0; index < count; index++)
      if (!(index & bit)) addScaled(derived, index * length, work, (index + bit) * length, length, 1);
  return derived;
}

/** Values at the points `first` … `first` + count − 1 become coefficients. */
function interpolate(work: Bytes, count: number, first: number): void {
  for (let depth = 0; 1 << depth < count; depth++)
    eachButterfly(work, count, depth, first, (low, high, products) => {
      for (let at = 0; at < low.length; at++) {
        const sum = (high[at]! ^ low[at]!) & 255;
        high[at] = sum;
        low[at] = low[at]! ^ products[sum]!;
      }
    });
}

/** Coefficients become values at the points 0 … count − 1. */
function evaluate(work: Bytes, count: number): void {
  for (let depth = Math.log2(count) - 1; depth >= 0; depth--)
    eachButterfly(work, count, depth, 0, (low, high, products) => {
      for (let at = 0; at < low.length; at++) {
        const sum = (low[at]! ^ products[high[at]!]!) & 255;
        low[at] = sum;
        high[at] = high[at]! ^ sum;
      }
    });
}

type Butterfly = (low: Bytes, high: Bytes, products: Uint8Array) => void;

/** Both halves of every block of 2^(depth + 1) values, and the products with W_depth of the block's first point. */
function eachButterfly(work: Bytes, count: number, depth: number, first: number, turn: Butterfly): void {
  const half = (work.length / count) << depth;
  for (let block = 0; block < count >> (depth + 1); block++) {
    const start = 2 * half * block;
    const factor = (first + (block << (depth + 1))) >> depth;
    turn(work.subarray(start, start + half), work.subarray(start + half, start + 2 * half), PRODUCTS[factor]!);
  }
}
