// dag-cbor: one spelling for each value. Written for digests; read for parameters and sizes, which are integers and bytes.
import { type Bytes, ProofError, compare, concat, equal, number, readNumber, utf8 } from "./bytes";
import { Float, type JsonMap } from "./json";

export type Cbor = null | boolean | bigint | Float | string | Bytes | Cbor[] | { [name: string]: Cbor };

export function encode(value: Cbor): Bytes {
  if (value === null) return Uint8Array.of(0xf6);
  if (typeof value === "boolean") return Uint8Array.of(value ? 0xf5 : 0xf4);
  if (typeof value === "bigint") return value < 0n ? head(1, -1n - value) : head(0, value);
  if (typeof value === "string") return sized(3, utf8(value));
  if (value instanceof Uint8Array) return sized(2, value);
  if (value instanceof Float) {
    const data = new Uint8Array(9);
    data[0] = 0xfb;
    new DataView(data.buffer).setFloat64(1, value.value);
    return data;
  }
  if (Array.isArray(value)) return concat(head(4, BigInt(value.length)), ...value.map(encode));
  const fields = Object.entries(value).map(([name, field]): [Bytes, Cbor] => [utf8(name), field]);
  fields.sort(([one], [other]) => one.length - other.length || compare(one, other));
  const parts = fields.flatMap(([name, field]) => [sized(3, name), encode(field)]);
  return concat(head(5, BigInt(fields.length)), ...parts);
}

const sized = (major: number, data: Bytes): Bytes => concat(head(major, BigInt(data.length)), data);

function head(major: number, value: bigint): Bytes {
  if (value >= 1n << 64n) throw new ProofError("receipt", "a number has more than 64 bits");
  const top = major << 5;
  if (value < 24n) return Uint8Array.of(top | Number(value));
  const width = value < 256n ? 0 : value < 65536n ? 1 : value < 1n << 32n ? 2 : 3;
  return concat(Uint8Array.of(top | (24 + width)), number(value, 1 << width));
}

/** The value of these bytes; raises ProofError (`code`) unless they are the one spelling of it. */
export function decode(data: Bytes, code: string): Cbor {
  try {
    const [value, end] = read(data, 0, 0);
    if (end === data.length && equal(encode(value), data)) return value;
  } catch (error) {
    if (!(error instanceof ProofError || error instanceof RangeError)) throw error;
  }
  throw new ProofError(code, "these bytes are no dag-cbor");
}

function read(data: Bytes, at: number, depth: number): [Cbor, number] {
  const first = data[at];
  if (first === undefined || depth > 16) throw new RangeError();
  const simple = { 0xf4: false, 0xf5: true, 0xf6: null }[first];
  if (simple !== undefined) return [simple, at + 1];
  const [value, start] = argument(data, at);
  const major = first >> 5;
  if (major === 0) return [value, start];
  if (major === 1) return [-1n - value, start];
  if (value > BigInt(data.length - start)) throw new RangeError();
  const count = Number(value);
  if (major === 2) return [data.slice(start, start + count), start + count];
  if (major === 3) return [text(data.slice(start, start + count)), start + count];
  if (major === 4) return list(data, start, count, depth);
  if (major === 5) return map(data, start, count, depth);
  throw new RangeError();
}

function argument(data: Bytes, at: number): [bigint, number] {
  const low = data[at]! & 31;
  if (low < 24) return [BigInt(low), at + 1];
  if (low > 27) throw new RangeError();
  const end = at + 1 + (1 << (low - 24));
  return [readNumber(data.slice(at + 1, end)), end];
}

const text = (data: Bytes): string => new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(data);

function list(data: Bytes, at: number, count: number, depth: number): [Cbor, number] {
  const items: Cbor[] = [];
  for (let index = 0; index < count; index++) {
    const [item, end] = read(data, at, depth + 1);
    items.push(item);
    at = end;
  }
  return [items, at];
}

function map(data: Bytes, at: number, count: number, depth: number): [Cbor, number] {
  const fields = Object.create(null) as { [name: string]: Cbor };
  for (let index = 0; index < count; index++) {
    const [name, start] = read(data, at, depth + 1);
    if (typeof name !== "string") throw new RangeError();
    const [field, end] = read(data, start, depth + 1);
    fields[name] = field;
    at = end;
  }
  return [fields, at];
}

/** The digest's input of JSON fields. */
export const encodeJson = (fields: JsonMap): Bytes => encode(fields as Cbor);
