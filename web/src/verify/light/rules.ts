// How a network agrees, of its parameters, and which header may follow another as far as rules go: epochs and parameters.
// The same rules as focusmesh.kernel.block.succession in Python.
import { type Bytes, ProofError, digest, equal, fromHex, require, toHex, utf8 } from "../bytes";
import { type Cbor, decode } from "../cbor";
import { type Header } from "../header";
import { provedValue } from "../ics23";
import { Float } from "../json";
import { checkReport } from "../report";

const PARAMETERS_KEY = utf8("/kv/parameters");
/** The newest parameters that this page knows. */
const VERSION_MAX = 6n;

export interface LightRules {
  kind: string;
  hasDecisions: boolean;
  epochBlocks: bigint;
  trustingMs: bigint;
  /** Whether headers commit to the trace of their focus, so that a wrong one can be proved. */
  hasTrace: boolean;
  /** Whether votes can change these, so that headers are of version 2. */
  canChange: boolean;
  /** Whether votes can change who decides blocks: one key, or validators. */
  canHandOver: boolean;
}
/** A header and the parameters that hold for its block, in hexadecimal. */
export interface Position {
  header: Header;
  parameters: string;
  rules: LightRules;
}

/** Of canonical bytes that the header has the digest of; raises ProofError ("parameters", "upgrade" for those that came after this page). */
export function rulesOf(parameters: Bytes, header: Header): LightRules {
  require(equal(digest(parameters), header.paramsHash), "parameters", "these are not the parameters that the header names");
  const { agreement, version } = mapOf(decode(parameters, "parameters"), "the parameters");
  const at = typeof version === "bigint" ? version : 0n;
  require(at <= VERSION_MAX, "upgrade", `the network goes on by rules of version ${at}: get the page of a newer focusmesh`);
  const said = { hasTrace: at >= 4n, canChange: at >= 5n, canHandOver: at >= 6n };
  if (agreement === undefined || agreement === null) return { kind: "solo", hasDecisions: false, epochBlocks: 1n, trustingMs: 0n, ...said };
  const { kind, epoch_blocks: epochBlocks, trusting_ms: trustingMs } = mapOf(agreement, "its agreement");
  const why = `this network agrees by ${String(kind)}, which this client does not know: a light client cannot tell what is final there`;
  require(kind === "quorum" || kind === "snowman" || kind === "solo", "parameters", why);
  const hasNumbers = typeof epochBlocks === "bigint" && epochBlocks > 0n && typeof trustingMs === "bigint";
  require(hasNumbers, "parameters", "an agreement has numbers");
  const numbers = { epochBlocks: epochBlocks as bigint, trustingMs: trustingMs as bigint };
  return { kind: kind as string, hasDecisions: kind !== "solo", ...numbers, ...said };
}

/** The epoch of a block; 0 for block 0, and where one key makes blocks under rules that cannot change. */
export function epochOf({ header, rules }: Position): bigint {
  if (header.version >= 2n) return header.epoch;
  return rules.hasDecisions ? (header.height + rules.epochBlocks - 1n) / rules.epochBlocks : 0n;
}

/** Whether the next block is of the next epoch, where blocks have epochs. */
export function endsEpoch({ header, rules }: Position): boolean {
  if (header.height === 0n || header.version >= 2n) return header.endsEpoch || header.height === 0n;
  return rules.hasDecisions && header.height % rules.epochBlocks === 0n;
}

/** The epoch of the next block, where that has one; the first is 1. */
export function nextEpoch(position: Position): bigint {
  if (position.header.version < 2n && !position.rules.hasDecisions) return 1n;
  const next = epochOf(position) + (endsEpoch(position) ? 1n : 0n);
  return next > 1n ? next : 1n;
}

/** The position of a later header of the next block's epoch; `proof` is that of changed parameters. Raises ProofError. */
export function followed(before: Position, header: Header, proof: string): Position {
  const after = positionOf(before, header, proof);
  const at = `block ${header.height}`;
  require((header.version === 2n) === after.rules.canChange, "version", `${at} has a header of version ${header.version}, its parameters another`);
  if (header.version >= 2n) checkEpoch(nextEpoch(before), after);
  return after;
}

/** The position of a later header under the same parameters, of this epoch or any after it. Raises ProofError. */
export function skipped(before: Position, header: Header): Position {
  const after = { ...before, header };
  require(header.version === before.header.version, "version", `block ${header.height} has a header of another version`);
  const least = nextEpoch(before);
  if (header.version >= 2n) checkEpoch(header.epoch > least ? header.epoch : least, after);
  return after;
}

function checkEpoch(epoch: bigint, { header, rules }: Position): void {
  const at = `block ${header.height}`;
  if (header.report.length) checkReport(header.report);
  require(header.epoch === epoch, "epoch", `${at} says that it is of epoch ${header.epoch}, it is of ${epoch}`);
  require(header.engine === rules.kind, "engine", `${at} is decided by ${header.engine}, its parameters say ${rules.kind}`);
}

function positionOf(before: Position, header: Header, proof: string): Position {
  const at = `block ${header.height}`;
  if (equal(header.paramsHash, before.header.paramsHash)) {
    require(proof === "", "params-hash", `${at} proves parameters that did not change`);
    return { ...before, header };
  }
  require(proof !== "", "params-hash", `${at} names other parameters than the block before, without proof`);
  const data = provedParameters(proof, before.header.stateRoot);
  require(equal(digest(data), header.paramsHash), "params-hash", `${at} names other parameters than are proved`);
  require(nextEpoch(before) !== epochOf(before), "params-hash", `${at} changes parameters within an epoch`);
  const rules = rulesOf(data, header);
  const stays = rules.hasDecisions === before.rules.hasDecisions;
  require(stays || (before.rules.canChange && rules.canHandOver), "engine", `${at} is decided by ${rules.kind}, those before by ${before.rules.kind}`);
  return { header, parameters: toHex(data), rules };
}

/** Parameters under a state root, in hexadecimal; raises ProofError ("params-hash"). */
export const parametersProved = (proof: string, root: Bytes): string => toHex(provedParameters(proof, root));

function provedParameters(proof: string, root: Bytes): Bytes {
  try {
    const value = provedValue(fromHex("the proof", proof, Math.floor(proof.length / 2)), PARAMETERS_KEY, root);
    if (value !== null) return value;
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
  }
  throw new ProofError("params-hash", "the parameters are not proved");
}

function mapOf(value: Cbor, what: string): { [name: string]: Cbor } {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Float);
  require(isMap, "parameters", `${what} are no map`);
  return value as { [name: string]: Cbor };
}
