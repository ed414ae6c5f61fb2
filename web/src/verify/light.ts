// A light client: which headers are final for who holds no state. The same rules as focusmesh.kernel.light in Python.
import { type Bytes, digest, equal, fromHex, require, signedBy, toHex } from "./bytes";
import { type Cbor, decode } from "./cbor";
import { type Decision, type ValidatorSet, checkDecision, epochOfNumber, readDecision, readValidatorSet } from "./decision";
import { BLOCK_DOMAIN, type Header } from "./header";
import { Float } from "./json";
import { headerFrom } from "./square/square";

const AHEAD_MS = 10_000n;

/** How a network agrees, of its parameters. */
export interface LightRules {
  hasDecisions: boolean;
  epochBlocks: bigint;
  trustingMs: bigint;
  /** Whether headers commit to the trace of their focus, so that a wrong one can be proved. */
  hasTrace: boolean;
}
/** A header as it travels, in hexadecimal, as the routes of a server give it. */
export interface ShownHeader {
  header: string;
  proof: string;
  rotation: string;
  decision: string;
}
/** What one goes on from, in hexadecimal: the last final header, who makes the next one final, who refused what. */
export interface Trust {
  header: string;
  parameters: string;
  /** The validator set, in hexadecimal. Browsers keep it stored under this name. */
  voters: string;
  refused: string;
  /** Whether the last final header is, or comes after, the block that is refused. */
  isBehind?: boolean;
}

/** Of canonical bytes that the header has the digest of; raises ProofError ("parameters"). */
export function rulesOf(parameters: Bytes, header: Header): LightRules {
  require(equal(digest(parameters), header.paramsHash), "parameters", "these are not the parameters that the header names");
  const { agreement, version } = mapOf(decode(parameters, "parameters"), "the parameters");
  const hasTrace = typeof version === "bigint" && version >= 4n;
  if (agreement === undefined || agreement === null) return { hasDecisions: false, epochBlocks: 1n, trustingMs: 0n, hasTrace };
  const { kind, epoch_blocks: epochBlocks, trusting_ms: trustingMs } = mapOf(agreement, "its agreement");
  const why = `this network agrees by ${String(kind)}, which this client does not know: a light client cannot tell what is final there`;
  require(kind === "quorum" || kind === "snowman" || kind === "solo", "parameters", why);
  require(typeof epochBlocks === "bigint" && epochBlocks > 0n && typeof trustingMs === "bigint", "parameters", "an agreement has numbers");
  return { hasDecisions: kind !== "solo", epochBlocks, trustingMs, hasTrace };
}

export class LightChain {
  header: Header;
  readonly rules: LightRules;
  /** What made the last header final; null for the one that was begun with. */
  decision: Decision | null = null;
  /** What made headers final that came with it, by height. */
  decided = new Map<bigint, Decision>();
  private validators: ValidatorSet | null;

  /** Raises ProofError where the parts do not fit each other. */
  constructor(private trust: Trust) {
    this.header = headerFrom(hex("the header", trust.header));
    this.rules = rulesOf(hex("the parameters", trust.parameters), this.header);
    const validators = hex("the validators", trust.voters);
    this.validators = validators.length && this.rules.hasDecisions ? readValidatorSet(validators) : null;
    if (this.validators) requireCommitted(this.header, this.validators);
    else require(this.rules.hasDecisions || equal(digest(validators), this.header.validatorsHash), "electorate", "nobody is named who may make blocks");
  }

  get trusted(): Trust {
    return this.trust;
  }

  get validatorSet(): ValidatorSet | null {
    return this.validators;
  }

  /** The epoch whose validators decide the next block. */
  get epoch(): bigint {
    return this.epochOf(this.header.height + 1n);
  }

  get epochEnd(): bigint {
    return this.epoch * this.rules.epochBlocks;
  }

  /** Raises ProofError ("stale", "clock", "fraud") where what is trusted cannot be gone on from. */
  checkAge(now: number): void {
    const { refused, isBehind } = this.trust;
    require(!isBehind, "fraud", `block ${refused}, which was taken as final here, is proved to be wrong: most validators lied. Begin again with a block of somebody you trust`);
    this.checkRefused(this.header);
    if (!this.rules.hasDecisions) return;
    checkClock(this.header, now);
    const age = BigInt(now) - this.header.time;
    require(age < this.rules.trustingMs, "stale", "what was trusted is too old: begin again with a newer block id of somebody you trust");
  }

  /** The headers that follow the last final one, as far as decisions go: those are final now. Raises ProofError. */
  take(headers: ShownHeader[], now: number): Header[] {
    this.checkAge(now);
    this.decided = new Map();
    const final: Header[] = [];
    let run: Header[] = [];
    let rotation = "";
    for (const shown of headers) {
      if (!run.length) rotation = shown.rotation;
      const header = this.following(shown, run.at(-1) ?? this.header, now);
      run.push(header);
      if (!this.rules.hasDecisions) this.acceptSigned(header, shown);
      else if (shown.decision) this.decide(header, shown, rotation, now);
      else {
        require(header.height !== this.epochEnd, "gap", `block ${header.height} ends its epoch: it has a decision`);
        continue;
      }
      final.push(...run);
      run = [];
    }
    return final;
  }

  /** A later header of this epoch, without those in between. Raises ProofError. */
  jump(shown: ShownHeader, now: number, validators = ""): Header {
    this.checkAge(now);
    this.decided = new Map();
    const header = this.read(shown, now);
    require(header.height > this.header.height && header.time >= this.header.time, "epoch", `block ${header.height} is not after ${this.header.height}`);
    if (this.rules.hasDecisions) this.decide(header, shown, validators, now);
    else this.acceptSigned(header, shown);
    return header;
  }

  /** The first of these headers, final because they lead to the last final one. Raises ProofError ("parent"). */
  past(headers: ShownHeader[]): Header {
    const found = headers.map((shown) => this.named(shown));
    require(found.length > 0, "parent", "no header was shown");
    found.forEach((before, at) => {
      const after = found[at + 1] ?? this.header;
      const leads = equal(before.id, this.header.id) || equal(after.parent, before.id);
      require(leads, "parent", `block ${after.height} does not follow this ${before.height}`);
    });
    return found[0]!;
  }

  /** Nothing with this id is taken, nor what follows it: a proof shows that it is wrong. `isBehind`: it was taken. */
  refuse(id: string, isBehind: boolean): void {
    this.trust = { ...this.trust, refused: id, isBehind };
  }

  private epochOf(height: bigint): bigint {
    return (height + this.rules.epochBlocks - 1n) / this.rules.epochBlocks;
  }

  private named(shown: ShownHeader): Header {
    const header = headerFrom(hex("a header", shown.header));
    require(equal(header.network, this.header.network), "network", `block ${header.height} is of another network`);
    require(equal(header.paramsHash, this.header.paramsHash), "params-hash", `block ${header.height} names other parameters`);
    const commits = !this.rules.hasTrace || header.focus === null || header.focus.traceRoot.some(Boolean);
    require(commits, "trace", `block ${header.height} commits to no trace, so that nobody could prove it wrong`);
    return header;
  }

  private read(shown: ShownHeader, now: number): Header {
    const header = this.named(shown);
    this.checkRefused(header);
    checkClock(header, now);
    return header;
  }

  private checkRefused(header: Header): void {
    const { refused } = this.trust;
    const isRefused = refused !== "" && [header.id, header.parent].some((id) => toHex(id) === refused);
    require(!isRefused, "fraud", `block ${header.height} is refused: a proof shows that ${refused.slice(0, 16)} is wrong`);
  }

  private following(shown: ShownHeader, before: Header, now: number): Header {
    const header = this.read(shown, now);
    require(header.height === before.height + 1n, "height", `block ${header.height} cannot follow block ${before.height}`);
    require(equal(header.parent, before.id), "parent", `block ${header.height} follows another block than the one before`);
    require(header.time >= before.time, "time", `block ${header.height} is earlier than the block before it`);
    return header;
  }

  private decide(header: Header, shown: ShownHeader, rotation: string, now: number): void {
    const end = this.epochEnd;
    require(header.height <= end, "gap", `block ${header.height} is of a later epoch: block ${end}, the last one of epoch ${this.epoch}, comes first`);
    const [validators, validatorSet] = this.validatorSetWith(rotation);
    const decision = readDecision(hex("the decision", shown.decision, "decision"));
    const { proposal } = decision;
    const isOwn = proposal.height === header.height && equal(proposal.subject, header.id);
    require(isOwn, "decision", `the decision shown with block ${header.height} is for another block`);
    require(epochOfNumber(proposal.epoch) === this.epoch, "epoch", `this decision is of epoch ${proposal.epoch}, here is ${this.epoch}`);
    checkDecision(decision, header.network, validatorSet);
    require(header.time >= this.header.time, "epoch", `block ${header.height} is earlier than block ${this.header.height}`);
    checkClock(header, now);
    const stay = equal(header.validatorsHash, validatorSet.digest);
    require(stay || header.height === end, "electorate", `block ${header.height} names other validators within an epoch`);
    this.validators = stay ? validatorSet : null;
    this.decision = decision;
    this.decided.set(header.height, decision);
    this.accept(header, shown.header, stay ? validators : "");
  }

  private validatorSetWith(rotation: string): [string, ValidatorSet] {
    if (this.validators) return [this.trust.voters, this.validators];
    require(rotation !== "", "electorate", `other validators begin after block ${this.header.height}: they are to be shown`);
    const validatorSet = readValidatorSet(hex("the validators", rotation, "electorate"));
    requireCommitted(this.header, validatorSet);
    return [rotation, validatorSet];
  }

  private acceptSigned(header: Header, shown: ShownHeader): void {
    const same = equal(header.validatorsHash, this.header.validatorsHash);
    require(same, "electorate", "others may make blocks since: begin again with a block id of somebody you trust");
    const keys = decode(hex("the proposers", this.trust.voters), "electorate");
    const may = Array.isArray(keys) && keys.some((key) => key instanceof Uint8Array && equal(key, header.proposer));
    require(may, "proposer", `${toHex(header.proposer)} may not make block ${header.height}`);
    const isSigned = signedBy(header.proposer, BLOCK_DOMAIN, header.id, fromHex("the proof", shown.proof, 64));
    require(isSigned, "proof", `block ${header.height} is not signed by its proposer`);
    this.accept(header, shown.header, this.trust.voters);
  }

  private accept(header: Header, bytes: string, validators: string): void {
    this.header = header;
    this.trust = { ...this.trust, header: bytes, voters: validators };
  }
}

function requireCommitted(header: Header, validatorSet: ValidatorSet): void {
  require(equal(validatorSet.digest, header.validatorsHash), "electorate", `block ${header.height} commits to other validators than these`);
}

function checkClock(header: Header, now: number): void {
  const isFuture = header.time - BigInt(now) > AHEAD_MS;
  require(!isFuture, "clock", `the time of block ${header.height} is ahead of this machine's clock: set the clock, or do not believe it`);
}

function hex(what: string, text: string, code = "header"): Bytes {
  return fromHex(what, text, Math.floor(text.length / 2), code);
}

function mapOf(value: Cbor, what: string): { [name: string]: Cbor } {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Float);
  require(isMap, "parameters", `${what} are no map`);
  return value as { [name: string]: Cbor };
}
