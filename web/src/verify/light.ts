// A light client: which headers are final for who holds no state. The same rules as focusmesh.kernel.light in Python.
import { type Bytes, digest, equal, fromHex, require, signedBy, toHex } from "./bytes";
import { decode } from "./cbor";
import { type Decision, type ValidatorSet, checkDecision, epochOfNumber, readDecision, readValidatorSet } from "./decision";
import { BLOCK_DOMAIN, type Header } from "./header";
import { type LightRules, type Position, endsEpoch, epochOf, followed, nextEpoch, rulesOf, skipped } from "./rules";
import { headerFrom } from "./square/square";

const AHEAD_MS = 10_000n;

/** A header as it travels, in hexadecimal, as the routes of a server give it. */
export interface ShownHeader {
  header: string;
  proof: string;
  rotation: string;
  decision: string;
  /** The proof of parameters that changed with this block; servers of before there was any leave it out. */
  parameters?: string;
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
  /** For how many ms validators are relied on, where parameters changed with this epoch and it is less than they say. */
  trusting?: number;
}

export class LightChain {
  /** What made the last header final; null for the one that was begun with. */
  decision: Decision | null = null;
  /** What made headers final that came with it, by height. */
  decided = new Map<bigint, Decision>();
  private validators: ValidatorSet | null;
  private position: Position;

  /** Raises ProofError where the parts do not fit each other. */
  constructor(private trust: Trust) {
    const header = headerFrom(hex("the header", trust.header));
    const { parameters } = trust;
    this.position = { header, parameters, rules: rulesOf(hex("the parameters", parameters), header) };
    const validators = hex("the validators", trust.voters);
    this.validators = validators.length && this.rules.hasDecisions ? readValidatorSet(validators) : null;
    if (this.validators) requireCommitted(this.header, this.validators);
    else require(this.rules.hasDecisions || equal(digest(validators), this.header.validatorsHash), "electorate", "nobody is named who may make blocks");
  }

  /** The last final header. */
  get header(): Header {
    return this.position.header;
  }

  get rules(): LightRules {
    return this.position.rules;
  }

  get trusted(): Trust {
    return this.trust;
  }

  get validatorSet(): ValidatorSet | null {
    return this.validators;
  }

  /** The epoch whose validators decide the next block. */
  get epoch(): bigint {
    return nextEpoch(this.position);
  }

  /** Whether the next block is the first of its epoch, which can show other rules and validators. */
  get isEpochOver(): boolean {
    return endsEpoch(this.position);
  }

  /** The last block of the epoch that the next one is of, as counted: headers of version 2 say it themselves. */
  get countedEnd(): bigint {
    return this.epoch * this.rules.epochBlocks;
  }

  /** Raises ProofError ("stale", "clock", "fraud") where what is trusted cannot be gone on from. */
  checkAge(now: number): void {
    const { refused, isBehind } = this.trust;
    require(!isBehind, "fraud", `block ${refused}, which was taken as final here, is proved to be wrong: most validators lied. Begin again with a block of somebody you trust`);
    this.checkRefused(this.header);
    if (!this.rules.hasDecisions) return;
    checkClock(this.header, now);
    this.checkTerms(this.rules, this.trust.trusting ?? 0, now);
  }

  private checkTerms({ trustingMs }: LightRules, trusting: number, now: number): void {
    const shorter = trusting && BigInt(trusting) < trustingMs ? BigInt(trusting) : trustingMs;
    const age = BigInt(now) - this.header.time;
    require(age < shorter, "stale", "what was trusted is too old: begin again with a newer block id of somebody you trust");
  }

  /** The headers that follow the last final one, as far as decisions go: those are final now. Raises ProofError. */
  take(headers: ShownHeader[], now: number): Header[] {
    this.checkAge(now);
    this.decided = new Map();
    const final: Header[] = [];
    let run: Position[] = [];
    let rotation = "";
    for (const shown of headers) {
      if (!run.length) rotation = shown.rotation;
      const position = this.following(shown, run.at(-1) ?? this.position, now);
      run.push(position);
      if (!this.rules.hasDecisions) this.acceptSigned(position, shown);
      else if (shown.decision) this.decide(position, shown, rotation, now);
      else {
        require(!endsEpoch(position), "gap", `block ${position.header.height} ends its epoch: it has a decision`);
        continue;
      }
      final.push(...run.map(({ header }) => header));
      run = [];
    }
    return final;
  }

  /**
   * A later header of this epoch, without those in between. Raises ProofError. `first`: the first one of this epoch, where
   * that is not taken yet: it shows who decides, and other parameters.
   */
  jump(shown: ShownHeader, now: number, first?: ShownHeader): Header {
    this.checkAge(now);
    this.decided = new Map();
    const header = this.read(shown, now);
    require(header.height > this.header.height && header.time >= this.header.time, "epoch", `block ${header.height} is not after ${this.header.height}`);
    if (this.rules.hasDecisions) {
      this.checkEpoch(header);
      this.decide(followed(this.position, header, first?.parameters ?? ""), shown, first?.rotation ?? "", now);
      return header;
    }
    const stays = equal(header.paramsHash, this.header.paramsHash);
    require(stays, "gap", "the rules changed since then: show every header");
    this.acceptSigned(skipped(this.position, header), shown);
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

  private named(shown: ShownHeader): Header {
    const header = headerFrom(hex("a header", shown.header));
    require(equal(header.network, this.header.network), "network", `block ${header.height} is of another network`);
    const isSame = equal(header.paramsHash, this.header.paramsHash);
    const canChange = header.version >= 2n || this.header.version >= 2n;
    require(isSame || canChange, "params-hash", `block ${header.height} names other parameters`);
    const hasTrace = header.version >= 2n || (isSame && this.rules.hasTrace);
    const commits = !hasTrace || header.focus === null || header.focus.traceRoot.some(Boolean);
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

  private following(shown: ShownHeader, before: Position, now: number): Position {
    const header = this.read(shown, now);
    require(header.height === before.header.height + 1n, "height", `block ${header.height} cannot follow block ${before.header.height}`);
    require(equal(header.parent, before.header.id), "parent", `block ${header.height} follows another block than the one before`);
    require(header.time >= before.header.time, "time", `block ${header.height} is earlier than the block before it`);
    return followed(before, header, shown.parameters ?? "");
  }

  private checkEpoch(header: Header): void {
    const isLater = epochOf({ ...this.position, header }) > this.epoch;
    require(!isLater, "gap", `block ${header.height} is of a later epoch than ${this.epoch}: the last block of that comes first`);
  }

  private decide(position: Position, shown: ShownHeader, rotation: string, now: number): void {
    const { header } = position;
    this.checkEpoch(header);
    const [validators, validatorSet] = this.validatorSetWith(rotation);
    const decision = readDecision(hex("the decision", shown.decision, "decision"));
    const { proposal } = decision;
    const isOwn = proposal.height === header.height && equal(proposal.subject, header.id);
    require(isOwn, "decision", `the decision shown with block ${header.height} is for another block`);
    const trusting = this.trustingIn(position);
    this.checkTerms(position.rules, trusting, now);
    require(epochOfNumber(proposal.epoch) === this.epoch, "epoch", `this decision is of epoch ${proposal.epoch}, here is ${this.epoch}`);
    checkDecision(decision, header.network, validatorSet, header.engine);
    require(header.time >= this.header.time, "epoch", `block ${header.height} is earlier than block ${this.header.height}`);
    checkClock(header, now);
    const stay = equal(header.validatorsHash, validatorSet.digest);
    require(stay || endsEpoch(position), "electorate", `block ${header.height} names other validators within an epoch`);
    this.validators = stay ? validatorSet : null;
    this.decision = decision;
    this.decided.set(header.height, decision);
    this.accept(position, shown.header, stay ? validators : "", trusting);
  }

  /** For how many ms validators are relied on: in the first epoch of new rules the smaller of old and new, else 0. */
  private trustingIn(position: Position): number {
    if (position.parameters === this.position.parameters)
      return epochOf(position) === epochOf(this.position) ? (this.trust.trusting ?? 0) : 0;
    const [old, later] = [this.rules.trustingMs, position.rules.trustingMs];
    return old < later ? Number(old) : 0;
  }

  private validatorSetWith(rotation: string): [string, ValidatorSet] {
    if (this.validators) return [this.trust.voters, this.validators];
    require(rotation !== "", "electorate", `other validators begin after block ${this.header.height}: they are to be shown`);
    const validatorSet = readValidatorSet(hex("the validators", rotation, "electorate"));
    requireCommitted(this.header, validatorSet);
    return [rotation, validatorSet];
  }

  private acceptSigned(position: Position, shown: ShownHeader): void {
    const { header } = position;
    const same = equal(header.validatorsHash, this.header.validatorsHash);
    require(same, "electorate", "others may make blocks since: begin again with a block id of somebody you trust");
    const keys = decode(hex("the proposers", this.trust.voters), "electorate");
    const may = Array.isArray(keys) && keys.some((key) => key instanceof Uint8Array && equal(key, header.proposer));
    require(may, "proposer", `${toHex(header.proposer)} may not make block ${header.height}`);
    const isSigned = signedBy(header.proposer, BLOCK_DOMAIN, header.id, fromHex("the proof", shown.proof, 64));
    require(isSigned, "proof", `block ${header.height} is not signed by its proposer`);
    this.accept(position, shown.header, this.trust.voters, 0);
  }

  private accept(position: Position, bytes: string, validators: string, trusting: number): void {
    this.position = position;
    const { trusting: _, ...kept } = this.trust;
    this.trust = { ...kept, header: bytes, parameters: position.parameters, voters: validators, ...(trusting ? { trusting } : {}) };
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
