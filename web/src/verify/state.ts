// The state tree: a sparse Merkle tree in the SmtSpec form of ICS-23, proved for many keys at once.
import { type Bytes, DIGEST_BYTES, ProofError, bit, compare, equal, require, sha256, toHex, utf8 } from "./bytes";
import type { BodyReader } from "./wire";

export const EMPTY = new Uint8Array(DIGEST_BYTES);
export const ROW_PREFIX = utf8("/graph/row/");
export const SIZE_KEY = utf8("/graph/size");
const LEAF = Uint8Array.of(0);
const INNER = Uint8Array.of(1);
const [NOTHING, OWN, OTHER, BOTH] = [0n, 1n, 2n, 3n];

/** Path of a key, and its value; null where it shall be absent. */
export interface Entry {
  path: Bytes;
  value: Bytes | null;
}

export const innerHash = (left: Bytes, right: Bytes): Bytes => sha256(INNER, left, right);
export const leafHash = (data: Bytes): Bytes => sha256(LEAF, data);
const stateLeaf = (path: Bytes, valueHash: Bytes): Bytes => sha256(LEAF, path, valueHash);

/** The root of the tree in which the proof shows these entries; who calls compares it. */
export function readRoot(entries: Entry[], body: BodyReader): Bytes {
  const sorted = [...entries].sort((one, other) => compare(one.path, other.path));
  require(sorted.length > 0, "state", "a proof of no key proves nothing");
  return read(sorted, 0, body);
}

function read(entries: Entry[], depth: number, body: BodyReader): Bytes {
  const what = body.number();
  if (what === BOTH && depth < 8 * DIGEST_BYTES) {
    const middle = entries.filter(({ path }) => !bit(path, depth)).length;
    const sides = [entries.slice(0, middle), entries.slice(middle)];
    const [left, right] = sides.map((side) => (side.length ? read(side, depth + 1, body) : body.digest()));
    return innerHash(left!, right!);
  }
  if (what === NOTHING) {
    requireAbsent(entries);
    return EMPTY;
  }
  if (what === OWN) return readOwn(entries, body);
  if (what === OTHER) return readOther(entries, depth, body);
  throw new ProofError("body", `${what} is nothing that a proof says of a node`);
}

function readOwn(entries: Entry[], body: BodyReader): Bytes {
  const at = entries.length > 1 ? Number(body.number()) : 0;
  const own = entries[at];
  if (own === undefined) throw new ProofError("body", `a leaf is said to be key ${at} of ${entries.length}`);
  if (own.value === null) throw new ProofError("state", `the key at ${toHex(own.path)} was to be absent`);
  requireAbsent(entries.filter((entry) => entry !== own));
  return stateLeaf(own.path, sha256(own.value));
}

function readOther(entries: Entry[], depth: number, body: BodyReader): Bytes {
  const path = body.digest();
  const valueHash = body.digest();
  requireAbsent(entries);
  const isOwn = entries.some((entry) => equal(entry.path, path));
  require(!isOwn, "state", `the key at ${toHex(path)} was to be absent`);
  for (let above = 0; above < depth; above++)
    require(
      bit(path, above) === bit(entries[0]!.path, above),
      "state",
      `the leaf at ${toHex(path)} does not lie below its node`,
    );
  return stateLeaf(path, valueHash);
}

function requireAbsent(entries: Entry[]): void {
  for (const { path, value } of entries)
    require(value === null, "state", `the key at ${toHex(path)} is absent and was to be present`);
}
