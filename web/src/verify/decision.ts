// What voters decided: a motion that names a block, and votes of more than two thirds of the weight that finalise it.
import { type Bytes, ProofError, compare, equal, require, sha256, signedBy, toHex } from "./bytes";
import { type Cbor, decode, encode } from "./cbor";

const VOTE_DOMAIN = "focusmesh/vote/1\0";
const END = "end";
const NUMBER_MAX = (1n << 63n) - 1n;
const WEIGHT_MAX = 1n << 62n;

export interface Motion {
  epoch: bigint;
  round: bigint;
  height: bigint;
  parent: Bytes;
  subject: Bytes;
  data: Bytes;
}
export interface Decision {
  motion: Motion;
  /** Whose votes it are, by rising key. */
  voters: Bytes[];
  network: Bytes;
  slot: [bigint, bigint, string];
  value: Bytes;
  signatures: Bytes[];
}
/** Keys and weights, by rising key. */
export class Electorate {
  readonly total: bigint;
  readonly quorum: bigint;
  readonly digest: Bytes;
  private readonly weights: Map<string, bigint>;

  constructor(readonly pairs: [Bytes, bigint][]) {
    this.weights = new Map(pairs.map(([voter, weight]) => [toHex(voter), weight]));
    this.total = pairs.reduce((sum, [, weight]) => sum + weight, 0n);
    this.quorum = (this.total * 2n) / 3n + 1n;
    this.digest = sha256(encode(pairs as Cbor));
  }

  weight(voter: Bytes): bigint {
    return this.weights.get(toHex(voter)) ?? 0n;
  }
}

/** Of the bytes that headers commit to; raises ProofError ("electorate"). */
export function readElectorate(data: Bytes): Electorate {
  const pairs = listOf(decode(data, "electorate"), "electorate", "voters").map((pair): [Bytes, bigint] => {
    const [voter, weight, ...rest] = listOf(pair, "electorate", "a voter with its weight");
    const isRight = voter instanceof Uint8Array && voter.length === 32 && typeof weight === "bigint" && !rest.length;
    require(isRight && weight > 0n && weight <= WEIGHT_MAX, "electorate", "a voter is a key and a weight above 0");
    return [voter, weight];
  });
  require(pairs.length > 0, "electorate", "nobody can vote in an electorate without voters");
  require(rise(pairs.map(([voter]) => voter)), "electorate", "voters rise, each once");
  return new Electorate(pairs);
}

/** As it travels beside a header; raises ProofError ("decision"). */
export function readDecision(data: Bytes): Decision {
  const [parts, certificate, ...rest] = listOf(decode(data, "decision"), "decision", "a motion and a certificate");
  require(certificate instanceof Uint8Array && !rest.length, "decision", "a certificate is bytes");
  const [epoch, round, height, parent, subject, carried, ...more] = listOf(parts, "decision", "a motion");
  const motion = { epoch, round, height, parent, subject, data: carried } as Motion;
  require(!more.length && isMotion(motion), "decision", "a motion has six parts");
  const [network, first, second, step, value, pairs, ...last] = listOf(decode(certificate, "decision"), "decision", "a certificate");
  const named = [network, first, second, step, value] as [Bytes, bigint, bigint, string, Bytes];
  const isBallot = isDigest(network) && isNumber(first) && isNumber(second) && typeof step === "string" && isDigest(value);
  require(isBallot && !last.length, "decision", "these bytes are no certificate");
  const signed = listOf(pairs, "decision", "signatures").map((pair): [Bytes, Bytes] => {
    const [voter, signature, ...others] = listOf(pair, "decision", "a signature");
    const isRight = isDigest(voter) && signature instanceof Uint8Array && signature.length === 64;
    require(isRight && !others.length, "decision", "a key or signature of another length");
    return [voter, signature];
  });
  return {
    motion,
    voters: signed.map(([voter]) => voter),
    network: named[0],
    slot: [named[1], named[2], named[3]],
    value: named[4],
    signatures: signed.map(([, signature]) => signature),
  };
}

/** That a quorum of these voters finalised the motion in this network; raises ProofError. */
export function checkDecision(decision: Decision, network: Bytes, electorate: Electorate): void {
  const { motion, slot, voters } = decision;
  const digest = motionDigest(motion, network);
  const isFor =
    equal(decision.network, network) && slot[0] === motion.epoch && slot[1] === motion.round && slot[2] === END && equal(decision.value, digest);
  require(isFor, "decision", "the votes are not for this motion, or do not finalise it");
  require(rise(voters), "certificate", "voters of a certificate rise, each once");
  const ballot = sha256(encode([network, ...slot, digest]));
  let weight = 0n;
  voters.forEach((voter, at) => {
    const own = electorate.weight(voter);
    require(own > 0n, "certificate", `${toHex(voter)} is no voter`);
    require(signedBy(voter, VOTE_DOMAIN, ballot, decision.signatures[at]!), "certificate", `a signature is not that of ${toHex(voter)}`);
    weight += own;
  });
  require(weight >= electorate.quorum, "quorum", `signatures weigh ${weight}, a quorum of ${electorate.quorum} is needed`);
}

function motionDigest({ epoch, round, height, parent, subject, data }: Motion, network: Bytes): Bytes {
  return sha256(encode([network, epoch, round, height, parent, subject, data]));
}

const isDigest = (value: Cbor | undefined): value is Bytes => value instanceof Uint8Array && value.length === 32;
const isNumber = (value: Cbor | undefined): value is bigint => typeof value === "bigint" && value >= 0n && value <= NUMBER_MAX;
const isMotion = ({ epoch, round, height, parent, subject, data }: Motion): boolean =>
  [epoch, round, height].every(isNumber) && [parent, subject, data].every(isDigest);
const rise = (keys: Bytes[]): boolean => keys.every((key, at) => at === 0 || compare(keys[at - 1]!, key) < 0);

function listOf(value: Cbor | undefined, code: string, what: string): Cbor[] {
  if (Array.isArray(value)) return value;
  throw new ProofError(code, `${what} come in an array`);
}
