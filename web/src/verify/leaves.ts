// Several leaves of a Merkle tree of RFC 6962 (SHA-256), with every hash that they share written once.
import { type Bytes, equal, require } from "./bytes";
import { innerHash, leafHash } from "./state";
import type { BodyReader } from "./wire";

/** Reads the proof that these pages are among `pageCount` under `root`; nothing is read where there are none. */
export function checkLeaves(
  pages: Map<number, Bytes>,
  pageCount: number,
  root: Bytes,
  what: string,
  body: BodyReader,
): void {
  if (!pages.size) return;
  const shown = [...pages.keys()].sort((one, other) => one - other);
  const last = shown[shown.length - 1]!;
  require(shown[0]! >= 0 && last < pageCount, "body", `page ${last} of ${pageCount} ${what} pages`);
  const hashes = new Map([...pages].map(([at, page]) => [at, leafHash(page)]));
  const found = read(hashes, 0, pageCount, shown, body);
  require(equal(found, root), what, `these ${what} pages are not under the root in the header`);
}

function read(leaves: Map<number, Bytes>, first: number, count: number, shown: number[], body: BodyReader): Bytes {
  if (!shown.length) return body.digest();
  if (count === 1) return leaves.get(first)!;
  const middle = leftOf(count);
  const left = shown.filter((at) => at < first + middle);
  const one = read(leaves, first, middle, left, body);
  const other = read(leaves, first + middle, count - middle, shown.slice(left.length), body);
  return innerHash(one, other);
}

/** The largest power of two that is less than `count`. */
function leftOf(count: number): number {
  let left = 1;
  while (2 * left < count) left *= 2;
  return left;
}
