// A light client: which headers are final for who holds no state. The same rules as focusmesh.kernel.light in Python.
import { type Bytes, ProofError, digest, equal, fromHex, require, toHex } from "../bytes";
import { type Decision, type ValidatorSet, checkDecision, epochOfNumber, readDecision, readValidatorSet } from "./decision";
import type { Header } from "../header";
import { type ShownHeader, checkSigned, checkStray, handsOver, provedProposers, readProposers } from "./makers";
import { type LightRules, type Position, endsEpoch, epochOf, followed, nextEpoch, rulesOf, skipped } from "./rules";
import { headerFrom } from "../square/square";

const AHEAD_MS = 10_000n;

/** What one goes on from, in hexadecimal: the last final header, who makes the next one final, who refused what. */
export interface Trust {
  header: string;
  parameters: string;
  /** The validator set, or the keys that may make blocks, in hexadecimal. Browsers keep it stored under this name. */
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
  /** What a key signed last, and what proves that it gives nothing away, or how it handed over: as shown here. */
  private readonly signed: [ShownHeader, ShownHeader][] = [];

  /** Raises ProofError where the parts do not fit each other. */
  constructor(private trust: Trust) {
    const header = headerFrom(hex("the header", trust.header));
    const { parameters } = trust;
    this.position = { header, parameters, rules: rulesOf(hex("the parameters", parameters), header) };
    const validators = hex("the validators", trust.voters);
    require(validators.length > 0 || this.rules.hasDecisions, "electorate", "nobody is named who may make blocks");
    this.validators = validators.length ? committedTo(this.position, validators) : null;
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
    let handover: ShownHeader | null = null;
    let behind: ShownHeader | null = null;
    for (const shown of headers) {
      const before = run.at(-1);
      const position = this.following(shown, before ?? this.position, now);
      if (!position.rules.hasDecisions) {
        this.checkMakerFollows(position, before);
        if (this.takeSigned(position, shown)) final.push(position.header);
        else [run, handover] = [[position], shown];
        continue;
      }
      if (!before?.rules.hasDecisions) rotation = shown.rotation;
      if (before && !before.rules.hasDecisions) behind = shown;
      run.push(position);
      if (!shown.decision) {
        require(!endsEpoch(position), "gap", `block ${position.header.height} ends its epoch: it has a decision`);
        continue;
      }
      this.decideRun(run, shown, rotation, handover, now);
      if (!run[0]!.rules.hasDecisions) this.signed.push([handover!, behind!]);
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
      const position = followed(this.position, header, first?.parameters ?? "");
      require(position.rules.hasDecisions, "gap", "keys make the blocks from here on: show every header");
      this.decide(position, shown, first?.rotation ?? "", now);
      return header;
    }
    const stays = equal(header.paramsHash, this.header.paramsHash) && equal(header.validatorsHash, this.header.validatorsHash);
    require(stays, "gap", "the proposers or rules changed since then: show every header");
    this.acceptSigned(skipped(this.position, header), shown, hex("the proposers", this.trust.voters));
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

  /** Whether one of these proves that the key which made blocks here signed two chains, or went on after it handed over. */
  hasStray(headers: ShownHeader[]): boolean {
    return this.signed.some(([last, behind]) => headers.some((shown) => provesStray(this.header.network, last, behind, shown)));
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
    const shown = this.trust.voters || rotation;
    require(shown !== "", "electorate", `other validators begin after block ${this.header.height}: they are to be shown`);
    const validatorSet = readValidatorSet(hex("the validators", shown, "electorate"));
    requireCommitted(this.header, validatorSet);
    return [shown, validatorSet];
  }

  /** A decision for the last of a run, which may begin with the block that a key handed over by: nothing is taken where it does not hold. */
  private decideRun(run: Position[], shown: ShownHeader, rotation: string, handover: ShownHeader | null, now: number): void {
    const { trust, position, validators } = this;
    const [first] = run;
    if (handover && !first!.rules.hasDecisions) {
      this.validators = null;
      this.accept(first!, handover.header, "", 0);
    }
    try {
      this.decide(run.at(-1)!, shown, rotation, now);
    } catch (error) {
      [this.trust, this.position, this.validators] = [trust, position, validators];
      throw error;
    }
  }

  /** No key makes a block behind one of validators that is open, or behind one that names them. */
  private checkMakerFollows({ header }: Position, before: Position | undefined): void {
    require(!before?.rules.hasDecisions, "gap", `block ${before?.header.height} ends its epoch: it has a decision`);
    const hasNamed = before !== undefined || (!this.rules.hasDecisions && handsOver(this.header, hex("the proposers", this.trust.voters)));
    require(!hasNamed, "engine", `the block before hands over to validators: no key makes block ${header.height} after it`);
  }

  /** Takes a header of a key; false for one that hands over, which is final with a decision behind it alone. */
  private takeSigned(position: Position, shown: ShownHeader): boolean {
    const { header } = position;
    let makers = hex("the proposers", this.trust.voters);
    if (shown.rotation) makers = provedProposers(hex("the rotation", shown.rotation, "rotation"), this.header.stateRoot, hex("the parameters", position.parameters));
    // Validators name the keys that they give the blocks to, as they name those who vote next.
    if (this.rules.hasDecisions) requireMakers(this.header, makers);
    if (handsOver(header, makers)) {
      checkSigned(header, shown.proof, makers);
      return false;
    }
    this.acceptSigned(position, shown, makers);
    return true;
  }

  private acceptSigned(position: Position, shown: ShownHeader, makers: Bytes): void {
    requireMakers(position.header, makers);
    checkSigned(position.header, shown.proof, makers);
    this.validators = null;
    this.decision = null;
    this.accept(position, shown.header, toHex(makers), 0);
    this.signed.splice(0, this.signed.length, [shown, shown]);
  }

  private accept(position: Position, bytes: string, validators: string, trusting: number): void {
    this.position = position;
    const { trusting: _, ...kept } = this.trust;
    this.trust = { ...kept, header: bytes, parameters: position.parameters, voters: validators, ...(trusting ? { trusting } : {}) };
  }
}

/** The validators whom a header commits to; null where it commits to keys. Its epoch's last one may hand over from one to the other. */
function committedTo({ header, rules }: Position, data: Bytes): ValidatorSet | null {
  const isEither = header.version >= 2n && header.endsEpoch;
  if (isEither ? equal(digest(data), header.validatorsHash) : !rules.hasDecisions) {
    requireMakers(header, data);
    return null;
  }
  const validatorSet = readValidatorSet(data);
  requireCommitted(header, validatorSet);
  return validatorSet;
}

function requireMakers(header: Header, makers: Bytes): void {
  require(equal(digest(makers), header.validatorsHash), "electorate", `block ${header.height} says that other keys make blocks`);
  readProposers(makers);
}

function requireCommitted(header: Header, validatorSet: ValidatorSet): void {
  require(equal(validatorSet.digest, header.validatorsHash), "electorate", `block ${header.height} commits to other validators than these`);
}

function provesStray(network: Bytes, last: ShownHeader, behind: ShownHeader, shown: ShownHeader): boolean {
  try {
    checkStray(network, last, behind, shown);
    return true;
  } catch (error) {
    if (error instanceof ProofError) return false;
    throw error;
  }
}

function checkClock(header: Header, now: number): void {
  const isFuture = header.time - BigInt(now) > AHEAD_MS;
  require(!isFuture, "clock", `the time of block ${header.height} is ahead of this machine's clock: set the clock, or do not believe it`);
}

function hex(what: string, text: string, code = "header"): Bytes {
  return fromHex(what, text, Math.floor(text.length / 2), code);
}
