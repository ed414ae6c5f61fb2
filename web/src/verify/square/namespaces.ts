// The namespaces of a block's shares, and their names for people.
import { type Bytes, equal, toHex } from "../bytes";

export const NAMESPACE_BYTES = 29;
/** Version, 27 bytes alike, the last one. */
const namespace = (version: number, fill: number, last: number): Bytes =>
  Uint8Array.from({ length: NAMESPACE_BYTES }, (_, at) => (at === 0 ? version : at < NAMESPACE_BYTES - 1 ? fill : last));

export const SIGNALS = namespace(0, 0, 1);
export const FOCUS = namespace(0, 0, 2);
export const PADDING = namespace(255, 255, 254);
/** Of what erasure coding added. */
export const ADDED = namespace(255, 255, 255);
const NAMES: [string, Bytes][] = [
  ["signals", SIGNALS],
  ["focus", FOCUS],
  ["padding", PADDING],
  ["added", ADDED],
];

/** The name for people of a namespace, its hexadecimal where it has none. */
export function nameOf(held: Bytes): string {
  return NAMES.find(([, known]) => equal(known, held))?.[0] ?? toHex(held);
}
