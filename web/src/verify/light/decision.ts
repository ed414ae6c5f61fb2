// What validators decided: a proposal that names a block, and votes of more than two thirds of the weight that finalise it.
import { type Bytes, ProofError, compare, equal, require, sha256, signedBy, toHex } from "../bytes";
import { type Cbor, decode, encode } from "../cbor";

const VOTE_DOMAIN = "focusmesh/vote/1\0";
const END = "end";
const RECOVER = "recover";
const EPOCHS_MAX = 1n << 40n;
const NUMBER_MAX = (1n << 63n) - 1n;
const WEIGHT_MAX = 1n << 62n;
const HEIGHT_MAX = (1n << 47n) - 1n;

export interface Proposal {
  epoch: bigint;
  round: bigint;
  height: bigint;
  parent: Bytes;
  subject: Bytes;
  data: Bytes;
}
export interface Decision {
  proposal: Proposal;
  /** Whose votes it are, by rising key. */
  validators: Bytes[];
  network: Bytes;
  slot: [bigint, bigint, string];
  value: Bytes;
  signatures: Bytes[];
  /** The statement by which the turn of its votes began; none in the first turn of an epoch. */
  recovery?: Recovery;
}
/** Where a turn of an epoch begins, by a statement of a quorum. */
export interface Recovery {
  number: bigint;
  height: bigint;
  block: Bytes;
  votes: Votes;
}
interface Votes {
  network: Bytes;
  slot: [bigint, bigint, string];
  value: Bytes;
  validators: Bytes[];
  signatures: Bytes[];
}
/** Keys and weights, by rising key. */
export class ValidatorSet {
  readonly total: bigint;
  readonly quorum: bigint;
  readonly digest: Bytes;
  private readonly weights: Map<string, bigint>;

  constructor(readonly pairs: [Bytes, bigint][]) {
    this.weights = new Map(pairs.map(([validator, weight]) => [toHex(validator), weight]));
    this.total = pairs.reduce((sum, [, weight]) => sum + weight, 0n);
    this.quorum = (this.total * 2n) / 3n + 1n;
    this.digest = sha256(encode(pairs as Cbor));
  }

  weight(validator: Bytes): bigint {
    return this.weights.get(toHex(validator)) ?? 0n;
  }
}

/** Of the bytes that headers commit to; raises ProofError ("electorate"). */
export function readValidatorSet(data: Bytes): ValidatorSet {
  const pairs = listOf(decode(data, "electorate"), "electorate", "validators").map((pair): [Bytes, bigint] => {
    const [validator, weight, ...rest] = listOf(pair, "electorate", "a validator with its weight");
    const isRight = validator instanceof Uint8Array && validator.length === 32 && typeof weight === "bigint" && !rest.length;
    require(isRight && weight > 0n && weight <= WEIGHT_MAX, "electorate", "a validator is a key and a weight above 0");
    return [validator, weight];
  });
  require(pairs.length > 0, "electorate", "a validator set has at least one validator");
  require(rise(pairs.map(([validator]) => validator)), "electorate", "the keys of validators must rise, each once");
  return new ValidatorSet(pairs);
}

/** Which validator set decides, where votes call their epoch so: what is above are its turns. */
export const epochOfNumber = (number: bigint): bigint => number % EPOCHS_MAX;

/** As it travels beside a header; raises ProofError ("decision"). */
export function readDecision(data: Bytes): Decision {
  const [parts, certificate, shown, ...rest] = listOf(decode(data, "decision"), "decision", "a proposal and a certificate");
  require(certificate instanceof Uint8Array && !rest.length, "decision", "a certificate is bytes");
  require(shown === undefined || (shown instanceof Uint8Array && shown.length > 0), "decision", "a statement is bytes");
  const [epoch, round, height, parent, subject, carried, ...more] = listOf(parts, "decision", "a proposal");
  const proposal = { epoch, round, height, parent, subject, data: carried } as Proposal;
  require(!more.length && isProposal(proposal), "decision", "a proposal has six parts");
  const recovery = shown === undefined ? {} : { recovery: readRecovery(shown as Bytes) };
  return { proposal, ...readVotes(certificate as Bytes, "decision"), ...recovery };
}

function readRecovery(data: Bytes): Recovery {
  const [parts, certificate, ...rest] = listOf(decode(data, "recovery"), "recovery", "a start and a certificate");
  require(certificate instanceof Uint8Array && !rest.length, "recovery", "a certificate is bytes");
  const [number, height, block, ...more] = listOf(parts, "recovery", "a start");
  require(isNumber(number) && isNumber(height) && isDigest(block) && !more.length, "recovery", "a start has three parts");
  return { number: number as bigint, height: height as bigint, block: block as Bytes, votes: readVotes(certificate as Bytes, "recovery") };
}

function readVotes(certificate: Bytes, code: string): Votes {
  const [network, first, second, step, value, pairs, ...last] = listOf(decode(certificate, code), code, "a certificate");
  const named = [network, first, second, step, value] as [Bytes, bigint, bigint, string, Bytes];
  const isBallot = isDigest(network) && isNumber(first) && isNumber(second) && typeof step === "string" && isDigest(value);
  require(isBallot && !last.length, code, "these bytes are no certificate");
  const signed = listOf(pairs, code, "signatures").map((pair): [Bytes, Bytes] => {
    const [validator, signature, ...others] = listOf(pair, code, "a signature");
    const isRight = isDigest(validator) && signature instanceof Uint8Array && signature.length === 64;
    require(isRight && !others.length, code, "a key or signature of another length");
    return [validator as Bytes, signature as Bytes];
  });
  return {
    validators: signed.map(([validator]) => validator),
    network: named[0],
    slot: [named[1], named[2], named[3]],
    value: named[4],
    signatures: signed.map(([, signature]) => signature),
  };
}

/** The step in which votes finalise; where the engine may change its name stands before it, and for snowman the height. */
function endStep({ proposal: { height }, slot: [, , step] }: Decision): string {
  const snowman = height <= HEIGHT_MAX ? [`snowman/${height}/${END}`] : [];
  return [`quorum/${END}`, ...snowman].find((each) => each === step) ?? END;
}

/** That a quorum of these validators finalised the proposal in this network, in a turn that began; raises ProofError.

``engine``: what the header of the block calls the engine of its votes; undefined: as they do. */
export function checkDecision(decision: Decision, network: Bytes, validatorSet: ValidatorSet, engine?: string): void {
  const { proposal, recovery } = decision;
  const step = endStep(decision);
  const named = step.includes("/") ? step.split("/", 1)[0] : "";
  require(engine === undefined || engine === named, "decision", "the votes are those of another engine");
  const slot: Votes["slot"] = [proposal.epoch, proposal.round, step];
  checkVotes(decision, network, slot, proposalDigest(proposal, network), validatorSet, "decision", "the votes are not for this proposal, or do not finalise it");
  if (proposal.epoch < EPOCHS_MAX && recovery === undefined) return;
  const isIts = recovery !== undefined && proposal.epoch >= EPOCHS_MAX && recovery.number === proposal.epoch && recovery.height < proposal.height;
  require(isIts, "recovery", "no statement begins the turn of these votes");
  const { number, height, block, votes } = recovery!;
  const start = sha256(encode([network, number, height, block]));
  checkVotes(votes, network, [number, 0n, RECOVER], start, validatorSet, "recovery", "the signatures are not for this start of a turn");
}

function checkVotes(votes: Votes, network: Bytes, slot: Votes["slot"], value: Bytes, validatorSet: ValidatorSet, code: string, why: string): void {
  const { validators } = votes;
  const isFor = equal(votes.network, network) && votes.slot.every((part, at) => part === slot[at]) && equal(votes.value, value);
  require(isFor, code, why);
  require(rise(validators), "certificate", "the validators of a certificate must rise, each once");
  const ballot = sha256(encode([network, ...slot, value]));
  let weight = 0n;
  validators.forEach((validator, at) => {
    const own = validatorSet.weight(validator);
    require(own > 0n, "certificate", `${toHex(validator)} is not a validator`);
    require(signedBy(validator, VOTE_DOMAIN, ballot, votes.signatures[at]!), "certificate", `a signature is not that of ${toHex(validator)}`);
    weight += own;
  });
  require(weight >= validatorSet.quorum, "quorum", `signatures weigh ${weight}, a quorum of ${validatorSet.quorum} is needed`);
}

function proposalDigest({ epoch, round, height, parent, subject, data }: Proposal, network: Bytes): Bytes {
  return sha256(encode([network, epoch, round, height, parent, subject, data]));
}

const isDigest = (value: Cbor | undefined): value is Bytes => value instanceof Uint8Array && value.length === 32;
const isNumber = (value: Cbor | undefined): value is bigint => typeof value === "bigint" && value >= 0n && value <= NUMBER_MAX;
const isProposal = ({ epoch, round, height, parent, subject, data }: Proposal): boolean =>
  [epoch, round, height].every(isNumber) && [parent, subject, data].every(isDigest);
const rise = (keys: Bytes[]): boolean => keys.every((key, at) => at === 0 || compare(keys[at - 1]!, key) < 0);

function listOf(value: Cbor | undefined, code: string, what: string): Cbor[] {
  if (Array.isArray(value)) return value;
  throw new ProofError(code, `${what} come in an array`);
}
