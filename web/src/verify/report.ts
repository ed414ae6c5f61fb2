// A report of a focus in a header: what a vector is made again from. Its form alone is checked here.
import { type Bytes, require } from "./bytes";
import { type Cbor, decode } from "./cbor";

const FIELDS = ["base", "block", "depth", "height", "rises", "votes", "weights"].join();
const [DEPTH_MAX, PASSES_MAX, WEIGHT_LIMIT] = [5n, 64, 1n << 24n];

/** Raises ProofError ("report") for anything but the canonical bytes of a report. */
export function checkReport(data: Bytes): void {
  const { base, block, depth, height, rises, votes, weights } = fieldsOf(decode(data, "report"));
  const isDigest = (value: Cbor | undefined): boolean => value instanceof Uint8Array && value.length === 32;
  const isNothing = votes instanceof Uint8Array && votes.length === 0;
  const holds =
    isBelow(base, 2n) && isDigest(block) && isBelow(depth, DEPTH_MAX + 1n) && isBelow(height, 1n << 63n) && (isNothing || isDigest(votes)) &&
    Array.isArray(rises) && 1 <= rises.length && rises.length <= PASSES_MAX && rises.every((rise) => isBelow(rise, 1n << 63n)) &&
    Array.isArray(weights) && weights.length === rises.length && weights.every((each, pass) => isPass(each, Math.min(Number(depth), pass)));
  require(holds, "report", "this is no report of a focus: a field is out of range");
}

function fieldsOf(value: Cbor): { [name: string]: Cbor | undefined } {
  const isMap = typeof value === "object" && value !== null && Object.keys(value).sort().join() === FIELDS;
  require(isMap, "report", "these bytes are not a report");
  return value as { [name: string]: Cbor };
}

const isBelow = (value: Cbor | undefined, limit: bigint): boolean => typeof value === "bigint" && value >= 0n && value < limit;

function isPass(value: Cbor, count: number): boolean {
  const isWeight = (each: Cbor): boolean => typeof each === "bigint" && each < WEIGHT_LIMIT && -each < WEIGHT_LIMIT;
  return Array.isArray(value) && value.length === count && value.every(isWeight);
}
