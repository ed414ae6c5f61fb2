// Headers: the id that follows from the fields, and who signed it. Everything else is held against a header.
import { type Bytes, DIGEST_BYTES, digest, equal, fromHex, require, signedBy, toHex } from "./bytes";
import { type Cbor, encode } from "./cbor";
import { Float, type Json, type JsonMap, parse } from "./json";

export const BLOCK_DOMAIN = "focusmesh/block/1\0";
const DIGESTS = [
  "network",
  "parent",
  "state_root",
  "focus_root",
  "data_root",
  "signals_root",
  "proposer",
  "validators_hash",
  "params_hash",
] as const;
const FOCUS_DIGESTS = ["params_hash", "graph_root", "particles_root", "leaders_root", "trace_root"] as const;
const FOCUS_NUMBERS = ["height", "particles", "rise", "limit"] as const;

/** What headers have from version 2 on, in networks whose rules can change. */
const CHANGING = ["epoch", "engine", "ends_epoch", "report", "statement"] as const;
const ENGINES = ["solo", "quorum", "snowman"];
const REPORT_BYTES_MAX = 4096;
const EPOCHS_MAX = 1n << 40n;

export interface FocusCertificate {
  height: bigint;
  particles: bigint;
  rise: bigint;
  limit: bigint;
  particlesRoot: Bytes;
  leadersRoot: Bytes;
  traceRoot: Bytes;
  graphRoot: Bytes;
  paramsHash: Bytes;
  /** All of it, as it is encoded. */
  fields: Cbor;
}
export interface Header {
  id: Bytes;
  /** 1, or 2 in networks whose rules can change; then the three below say more than nothing. */
  version: bigint;
  epoch: bigint;
  engine: string;
  endsEpoch: boolean;
  report: Bytes;
  network: Bytes;
  height: bigint;
  time: bigint;
  parent: Bytes;
  stateRoot: Bytes;
  focusRoot: Bytes;
  dataRoot: Bytes;
  proposer: Bytes;
  validatorsHash: Bytes;
  paramsHash: Bytes;
  focus: FocusCertificate | null;
}

/** The header in JSON as the ledger writes it; raises ProofError ("header"). */
export function readHeader(text: string): Header {
  return headerOf(parse(text));
}

/** The header within a block as the server gives it. */
export function headerIn(block: string): Header {
  return headerOf(asMap(parse(block), "a block").header ?? null);
}

/** Of its fields; raises ProofError ("header", "receipt", "upgrade" for a version that came after this page). */
export function headerOf(fields: Json): Header {
  const { block_id: told, ...map } = asMap(fields, "the header");
  const names = Object.keys(map).sort().join();
  const { version } = map;
  const isNewer = typeof version === "bigint" && version > 2n;
  require(!isNewer, "upgrade", `a header of version ${String(version)} was made by a newer focusmesh: get the page of a newer one`);
  const more = version === 2n ? CHANGING : [];
  const expected = ["version", "height", "time", "focus_certificate", "extra", ...DIGESTS, ...more].sort().join();
  require(names === expected, "header", "this is no header of a block: it has other fields");
  require((version === 1n || version === 2n) && map.extra === "", "header", "this is no header of version 1 or 2");
  const changing = version === 2n ? changingOf(map) : null;
  const digests = bytesOf(map, DIGESTS);
  const numbers = numbersOf(map, ["height", "time"]);
  const focus = map.focus_certificate === null ? null : asMap(map.focus_certificate!, "the focus of a header");
  const shown = focus === null ? null : focusOf(focus);
  const whole = {
    version,
    ...changing,
    ...numbers,
    ...digests,
    focus_certificate: shown === null ? null : shown.encoded,
    extra: new Uint8Array(),
  };
  const id = digest(encode(whole as Cbor));
  require(told === undefined || told === toHex(id), "header", "the header names another block id than its own");
  return {
    id,
    version: version as bigint,
    epoch: changing?.epoch ?? 0n,
    engine: changing?.engine ?? "",
    endsEpoch: changing?.ends_epoch ?? false,
    report: changing?.report ?? new Uint8Array(),
    network: digests.network!,
    height: numbers.height!,
    time: numbers.time!,
    parent: digests.parent!,
    stateRoot: digests.state_root!,
    focusRoot: digests.focus_root!,
    dataRoot: digests.data_root!,
    proposer: digests.proposer!,
    validatorsHash: digests.validators_hash!,
    paramsHash: digests.params_hash!,
    focus: shown === null ? null : shown.certificate,
  };
}

/** The fields of version 2, as they are encoded. */
function changingOf(map: JsonMap): { epoch: bigint; engine: string; ends_epoch: boolean; report: Bytes; statement: Bytes } {
  const { epoch, engine, ends_epoch, report, statement } = map;
  require(typeof epoch === "bigint" && epoch >= 0n && epoch < EPOCHS_MAX, "header", `epoch ${String(epoch)} is out of range`);
  require(typeof engine === "string" && ENGINES.includes(engine), "header", `${String(engine)} decides no epoch`);
  require(typeof ends_epoch === "boolean", "header", "ends_epoch is neither true nor false");
  const size = typeof report === "string" ? report.length / 2 : -1;
  require(size >= 0 && size <= REPORT_BYTES_MAX, "header", "its report is too long");
  const isNamed = statement !== "";
  return {
    epoch: epoch as bigint,
    engine: engine as string,
    ends_epoch: ends_epoch as boolean,
    report: fromHex("report", report, size, "header"),
    statement: fromHex("statement", statement, isNamed ? DIGEST_BYTES : 0, "header"),
  };
}

function focusOf(map: JsonMap): { encoded: Cbor; certificate: FocusCertificate } {
  const names = Object.keys(map).sort().join();
  require(names === [...FOCUS_DIGESTS, ...FOCUS_NUMBERS].sort().join(), "header", "the focus has other fields");
  const digests = bytesOf(map, FOCUS_DIGESTS);
  const numbers = numbersOf(map, FOCUS_NUMBERS);
  return {
    encoded: { ...digests, ...numbers },
    certificate: {
      height: numbers.height!,
      particles: numbers.particles!,
      rise: numbers.rise!,
      limit: numbers.limit!,
      particlesRoot: digests.particles_root!,
      leadersRoot: digests.leaders_root!,
      traceRoot: digests.trace_root!,
      graphRoot: digests.graph_root!,
      paramsHash: digests.params_hash!,
      fields: { ...digests, ...numbers },
    },
  };
}

/** The block id is that of these fields, and the proposer signed it; raises ProofError. */
export function checkBlock(header: Header, id: string, signature: string): void {
  require(toHex(header.id) === id, "header", `the header's own id is ${toHex(header.id).slice(0, 16)}…`);
  const isSigned = signedBy(header.proposer, BLOCK_DOMAIN, header.id, fromHex("the proof", signature, 64));
  require(isSigned, "signature", "the proposer did not sign this block");
}

/** The parent is the block before; raises ProofError. */
export function checkParent(header: Header, before: Header): void {
  require(header.height === before.height + 1n, "parent", `block ${before.height} is not before ${header.height}`);
  require(equal(header.parent, before.id), "parent", `block ${header.height} names another parent`);
  require(equal(header.network, before.network), "parent", "the two blocks are of different networks");
}

export function asMap(value: Json | undefined, what: string): JsonMap {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Float);
  require(isMap, "receipt", `${what} is no object`);
  return value as JsonMap;
}

function bytesOf<Name extends string>(map: JsonMap, names: readonly Name[]): { [name in Name]: Bytes } {
  return Object.fromEntries(names.map((name) => [name, fromHex(name, map[name])])) as { [name in Name]: Bytes };
}

function numbersOf<Name extends string>(map: JsonMap, names: readonly Name[]): { [name in Name]: bigint } {
  const read = (name: Name): bigint => {
    const value = map[name];
    require(typeof value === "bigint" && value >= 0n && value < 1n << 63n, "header", `${name} is out of range`);
    return value as bigint;
  };
  return Object.fromEntries(names.map((name) => [name, read(name)])) as { [name in Name]: bigint };
}
