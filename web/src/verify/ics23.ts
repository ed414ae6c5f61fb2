// ICS-23 proofs of the state tree (SmtSpec alone): whether a key has a value, or has none, under a root.
import { type Bytes, ProofError, compare, concat, equal, require, sha256, toHex } from "./bytes";
import { EMPTY, leafHash } from "./state";

const DEPTH_MAX = 256;
const SHA256 = 1n;

interface Step {
  prefix: Bytes;
  suffix: Bytes;
}
interface Existence {
  key: Bytes;
  value: Bytes;
  path: Step[];
}
interface Absence {
  key: Bytes;
  left: Existence | null;
  right: Existence | null;
}

/** The value of a key, null where it is proved to be absent. */
export function provedValue(proof: Bytes, key: Bytes, root: Bytes): Bytes | null {
  const fields = message(proof);
  require(fields.size === 1, "proof-form", "a proof has exactly one of its forms");
  const exist = one(fields, 1);
  if (exist !== null) {
    const found = existence(exist);
    require(equal(found.key, key), "proof-key", "the proof is about another key");
    checkRoot(found, root);
    return found.value;
  }
  const nonexist = one(fields, 2);
  if (nonexist === null) throw new ProofError("proof-form", "this form of proof is not read here");
  checkAbsence(absence(nonexist), key, root);
  return null;
}

/** What a proof of many keys shows of one: its value, null where it is proved to be absent; raises ProofError where it says nothing of it. */
export function provedValues(proof: Bytes, root: Bytes): (key: Bytes) => Bytes | null {
  const fields = message(proof);
  const batch = one(fields, 3);
  if (batch === null || fields.size !== 1) throw new ProofError("proof-form", "this form of proof is not read here");
  const entries = (message(batch).get(1) ?? []).map((entry) => message(entry as Bytes));
  const found = (field: number): Bytes[] => entries.flatMap((entry) => one(entry, field) ?? []);
  const present = found(1).map(existence);
  const absent = found(2).map(absence);
  return (key) => {
    const own = present.find((each) => equal(each.key, key));
    if (own !== undefined) {
      checkRoot(own, root);
      return own.value;
    }
    const gap = absent.find((each) => equal(each.key, sha256(key)));
    if (gap === undefined) throw new ProofError("proof-key", "the proof is about other keys");
    checkAbsence(gap, key, root);
    return null;
  };
}

function checkAbsence(proof: Absence, key: Bytes, root: Bytes): void {
  const path = sha256(key);
  const { left, right } = proof;
  require(equal(proof.key, path), "state", `this proof is not about the key ${toHex(key)}`);
  require(left !== null || right !== null, "proof-form", "a proof of absence has no neighbour");
  const isBetween =
    (left === null || compare(sha256(left.key), path) < 0) && (right === null || compare(path, sha256(right.key)) < 0);
  require(isBetween, "proof-key", "the proof is about another key");
  for (const neighbour of [left, right]) if (neighbour !== null) checkRoot(neighbour, root);
  const isAdjacent =
    left !== null && right !== null
      ? areNeighbours(left.path, right.path)
      : left === null
        ? right!.path.every((step) => isFirst(step) || besideNothing(step, true))
        : left.path.every((step) => !isFirst(step) || besideNothing(step, false));
  require(isAdjacent, "proof-order", "there is room for other keys between the neighbours");
}

function areNeighbours(left: Step[], right: Step[]): boolean {
  let shared = 0;
  for (; ; shared++) {
    const [one, other] = [left[left.length - 1 - shared], right[right.length - 1 - shared]];
    if (one === undefined || other === undefined) return false;
    if (!equal(one.prefix, other.prefix) || !equal(one.suffix, other.suffix)) break;
  }
  if (!isFirst(left[left.length - 1 - shared]!) || isFirst(right[right.length - 1 - shared]!)) return false;
  const below = left.slice(0, left.length - 1 - shared);
  const others = right.slice(0, right.length - 1 - shared);
  return (
    below.every((step) => !isFirst(step) || besideNothing(step, false)) &&
    others.every((step) => isFirst(step) || besideNothing(step, true))
  );
}

/** Whether the step comes from the left child. */
const isFirst = (step: Step): boolean => step.suffix.length > 0;

function besideNothing(step: Step, before: boolean): boolean {
  const sibling = before ? step.prefix.subarray(1) : step.suffix;
  return equal(sibling, EMPTY);
}

function checkRoot(proof: Existence, root: Bytes): void {
  require(proof.key.length > 0 && proof.value.length > 0, "proof-form", "a leaf lacks its key or its value");
  let node = leafHash(concat(sha256(proof.key), sha256(proof.value)));
  for (const step of proof.path) node = sha256(step.prefix, node, step.suffix);
  require(equal(node, root), "proof-root", `key ${toHex(proof.key)} is not under root ${toHex(root)}`);
}

function existence(data: Bytes): Existence {
  const fields = message(data);
  const leaf = message(one(fields, 3) ?? new Uint8Array());
  const kinds = [1, 2, 3].map((field) => leaf.get(field)?.[0] ?? 0n);
  const prefix = one(leaf, 5) ?? new Uint8Array();
  const isOurs = kinds.every((kind) => kind === SHA256) && !leaf.has(4) && equal(prefix, Uint8Array.of(0));
  require(isOurs, "proof-spec", "a leaf of the proof is hashed in another way");
  const path = (fields.get(4) ?? []).map((step) => inner(step as Bytes));
  require(path.length <= DEPTH_MAX, "proof-spec", `the proof has ${path.length} inner steps`);
  return { key: one(fields, 1) ?? new Uint8Array(), value: one(fields, 2) ?? new Uint8Array(), path };
}

function inner(data: Bytes): Step {
  const fields = message(data);
  const [prefix, suffix] = [one(fields, 2) ?? new Uint8Array(), one(fields, 3) ?? new Uint8Array()];
  const fits = prefix[0] === 1 && prefix.length + suffix.length === 33 && (suffix.length === 0 || suffix.length === 32);
  require(fits && fields.get(1)?.[0] === SHA256, "proof-spec", "an inner step of the proof has another form");
  return { prefix, suffix };
}

function absence(data: Bytes): Absence {
  const fields = message(data);
  const [left, right] = [one(fields, 2), one(fields, 3)];
  return {
    key: one(fields, 1) ?? new Uint8Array(),
    left: left === null ? null : existence(left),
    right: right === null ? null : existence(right),
  };
}

type Fields = Map<number, (bigint | Bytes)[]>;

/** The fields of a protobuf message: varints and byte strings, ascending, in their shortest form. */
function message(data: Bytes): Fields {
  const fields: Fields = new Map();
  let at = 0;
  let last = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let place = 0n; place < 10n; place++) {
      const byte = data[at++];
      if (byte === undefined || (byte === 0 && place > 0n)) break;
      value |= BigInt(byte & 0x7f) << (7n * place);
      if (byte < 0x80) return value;
    }
    throw new ProofError("proof-form", "the bytes of the proof are not in their one form");
  };
  while (at < data.length) {
    const tag = varint();
    const [field, type] = [Number(tag >> 3n), tag & 7n];
    const size = varint();
    require(field >= last && (type === 0n || type === 2n), "proof-form", "a field of the proof has another type");
    last = field;
    require(size > 0n, "proof-form", "the bytes of the proof are not in their one form");
    let value: bigint | Bytes = size;
    if (type === 2n) {
      require(size <= BigInt(data.length - at), "proof-form", "a field of the proof is cut off");
      value = data.subarray(at, at + Number(size));
      at += Number(size);
    }
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

/** A field of bytes that is there at most once. */
function one(fields: Fields, field: number): Bytes | null {
  const values = fields.get(field) ?? [];
  require(values.length < 2, "proof-form", "a field of the proof stands twice");
  const [value] = values;
  if (value === undefined) return null;
  require(value instanceof Uint8Array, "proof-form", "a field of the proof has another type");
  return value;
}
