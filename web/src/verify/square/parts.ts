// What the shares of a block's own quarter hold: the parts of its body, each under its namespace.
import { type Bytes, ProofError, concat, equal, number, readNumber, toHex } from "../bytes";
import { FOCUS, NAMESPACE_BYTES, PADDING, SIGNALS } from "./namespaces";
import { SHARE_BYTES } from "./square";

const HEAD_BYTES = NAMESPACE_BYTES + 1;
const CONTENT_BYTES = SHARE_BYTES - HEAD_BYTES;
const LENGTH_BYTES = 4;

/** The body in k × k shares, row by row; raises ProofError ("shares") for anything but what a body is cut into. */
export function bodyIn(shares: Bytes): Bytes {
  const parts = partsIn(shares);
  if (!equal(cut(parts), shares)) throw refusal("the parts in them make other ones");
  const names = parts.map(([name]) => name);
  const isBody = names.length > 0 && equal(names[0]!, SIGNALS) && names.slice(1).every((name) => equal(name, FOCUS));
  if (!isBody || names.length > 2) throw refusal(`they have parts under ${names.map(toHex).join(", ") || "no namespace"}`);
  const [signals, focus] = parts.map(([, part]) => part);
  return concat(number(BigInt(signals!.length), LENGTH_BYTES), signals!, focus ?? new Uint8Array());
}

/** Each run of shares under one namespace, up to the padding, with the content that its length says. */
function partsIn(shares: Bytes): [Bytes, Bytes][] {
  const parts: [Bytes, Bytes][] = [];
  for (let at = 0, stop = 0; at < shares.length; at = stop) {
    const name = nameAt(shares, at);
    if (equal(name, PADDING)) break;
    const contents: Bytes[] = [];
    for (stop = at; stop < shares.length && equal(nameAt(shares, stop), name); stop += SHARE_BYTES)
      contents.push(shares.subarray(stop + HEAD_BYTES, stop + SHARE_BYTES));
    const content = concat(...contents);
    const length = Number(readNumber(content.subarray(0, LENGTH_BYTES)));
    parts.push([name, content.subarray(LENGTH_BYTES, LENGTH_BYTES + length)]);
  }
  return parts;
}

const nameAt = (shares: Bytes, at: number): Bytes => shares.subarray(at, at + NAMESPACE_BYTES);

/** The shares that parts are cut into, padded to the least square; empty parts have none. */
function cut(parts: [Bytes, Bytes][]): Bytes {
  const shares = parts.filter(([, part]) => part.length).flatMap(([name, part]) => sharesOf(name, part));
  let width = 1;
  while (width ** 2 < shares.length) width *= 2;
  while (shares.length < width ** 2) shares.push(share(PADDING, true, new Uint8Array()));
  return concat(...shares);
}

function sharesOf(name: Bytes, part: Bytes): Bytes[] {
  const content = concat(number(BigInt(part.length), LENGTH_BYTES), part);
  const count = Math.ceil(content.length / CONTENT_BYTES);
  return Array.from({ length: count }, (_, at) =>
    share(name, at === 0, content.subarray(at * CONTENT_BYTES, (at + 1) * CONTENT_BYTES)),
  );
}

function share(name: Bytes, begins: boolean, content: Bytes): Bytes {
  const data = new Uint8Array(SHARE_BYTES);
  data.set(name);
  data[NAMESPACE_BYTES] = Number(begins);
  data.set(content, HEAD_BYTES);
  return data;
}

function refusal(what: string): ProofError {
  return new ProofError("shares", `these shares are no block: ${what}`);
}
