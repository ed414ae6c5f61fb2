// This browser as a light client: it follows the chain by what makes blocks final, samples each, and keeps what it trusts.
import { Problem, asked, askedBytes } from "../api";
import { MISSING, Sampler, TAKEN, squareOf } from "../square/sampler";
import { findingsOf } from "../square/findings";
import type { Header, LightChain, ShownHeader, Trust } from "../verify";

const KEPT = "focusmesh-light-";
const SAMPLES = 16;
const AT_ONCE = 64;
/** So many headers are had with one question. */
const HEADERS_MAX = 500;
const LISTED = 50;
const PAST_MAX = 500;
/** It begins so many blocks before the last one, so that there are decisions to check. */
const BEFORE = 8;
/** So many of the blocks that come at once are sampled: the newest. */
const SAMPLED_AT_ONCE = 4;

interface Page {
  tip: number;
  items: (ShownHeader & { height: number; id: string })[];
}
/** Where it began: with a block that somebody named to the reader (`told`), or that this server named first. */
export interface Began {
  height: number;
  id: string;
  time: number;
  told: boolean;
}
export interface Sampled {
  height: number;
  taken: number;
  missing: number;
  /** That as many would miss a block that is hidden. */
  missed: number;
}
interface Kept {
  trust: Trust;
  began: Began;
}

export class Follower {
  chain: LightChain | null = null;
  began: Began | null = null;
  /** Why it does not go on, and the code of that. */
  refusal: { code: string; words: string } | null = null;
  /** Headers that became final here, newest first, and by whose votes. */
  final: { header: Header; validators: Uint8Array[]; round: bigint }[] = [];
  sampled: Sampled[] = [];
  onNews: () => void = () => undefined;
  private looking: Promise<void> | null = null;
  private isBehind = false;
  /** Proofs of fraud that were looked at. */
  private readonly proofs = new Set<string>();

  constructor(readonly network: string) {}

  /** Goes on from what is kept, else from the last block that this server names; as far as the server is. */
  look(): Promise<void> {
    this.isBehind = true;
    this.looking ??= this.lookAll().finally(() => {
      this.looking = null;
      this.onNews();
    });
    return this.looking;
  }

  /** Begins anew with a block that the reader was told of; raises Problem, ProofError. */
  async begin(height: number, id: string): Promise<void> {
    await this.looking;
    await this.beginAt(height, id);
    this.final = [];
    this.sampled = [];
    await this.look();
  }

  /** The header of a block of this height that is final here, null where it is not, or is too long ago. Raises Problem, ProofError. */
  async past(height: number): Promise<Header | null> {
    await this.look();
    const chain = this.chain;
    const tip = Number(chain?.header.height ?? -1);
    if (!chain || this.refusal || height > tip || tip - height > PAST_MAX) return null;
    return chain.past((await page(height, Math.max(1, tip - height))).items);
  }

  /** What comes while it looks is looked at as well. */
  private async lookAll(): Promise<void> {
    while (this.isBehind) {
      this.isBehind = false;
      await this.looked();
    }
  }

  private async looked(): Promise<void> {
    const { ProofError } = await import("../verify");
    try {
      if (!this.chain) await this.open();
      await this.goOn(this.chain!);
      this.refusal = null;
    } catch (error) {
      if (error instanceof ProofError) this.refusal = { code: error.code, words: error.message };
      else if (error instanceof Problem) this.refusal = { code: "", words: error.message };
      else throw error;
    }
  }

  private async open(): Promise<void> {
    const kept = localStorage.getItem(KEPT + this.network);
    if (kept) {
      const { LightChain } = await import("../verify");
      const { trust, began } = JSON.parse(kept) as Kept;
      this.chain = new LightChain(trust);
      this.began = began;
    } else {
      const { tip } = await page(0, 1);
      await this.beginAt(Math.max(0, tip - BEFORE), null);
      // Of a network in which nothing happened for long the last block alone may be young enough.
      const { header, rules } = this.chain!;
      if (rules.hasDecisions && Date.now() - Number(header.time) > Number(rules.trustingMs)) await this.beginAt(tip, null);
    }
  }

  private async beginAt(height: number, id: string | null): Promise<void> {
    const { LightChain, ProofError, toHex } = await import("../verify");
    const [{ items }, genesis] = await Promise.all([page(height, 1), json<{ parameters: string }>("genesis")]);
    if (!items[0]) throw new Problem(404, `This server has no block ${height}.`);
    const validatorSet = await json<{ voters: string }>(`electorates/${height + 1}`);
    const parameters = await parametersOf(items[0].header, [genesis.parameters]);
    const trust = { header: items[0].header, parameters, voters: validatorSet.voters, refused: "" };
    const chain = new LightChain(trust);
    const own = toHex(chain.header.id);
    if (id !== null && own !== id) throw new ProofError("block", `block ${height} is ${own} here: this is another chain than the one you were told of`);
    if (chain.header.height !== BigInt(height) || toHex(chain.header.network) !== this.network)
      throw new ProofError("network", "this block is of another network");
    this.chain = chain;
    this.began = { height, id: own, time: Date.now(), told: id !== null };
    this.keep();
  }

  private async goOn(chain: LightChain): Promise<void> {
    chain.checkAge(Date.now());
    for (;;) {
      const from = Number(chain.header.height) + 1;
      const next = await page(from, AT_ONCE);
      // Once a block is refused, each one is looked at: to jump would be to go over it.
      if (next.tip - from >= AT_ONCE && !chain.trusted.refused && (await leadsOn(chain, next.items[0]!))) {
        await this.jump(chain, next);
        continue;
      }
      await this.watch(chain, next.items);
      const final = await this.take(chain, next.items);
      if (!final.length) return;
      this.note(chain, final);
      await this.sample(final.slice(-SAMPLED_AT_ONCE));
      if (from + next.items.length > next.tip) return;
    }
  }

  /** Takes them; what proves that the key which made blocks lied is said as that, whatever else is wrong with it. */
  private async take(chain: LightChain, items: Page["items"]): Promise<Header[]> {
    const { ProofError } = await import("../verify");
    try {
      return chain.take(items, Date.now());
    } catch (error) {
      if (!(error instanceof ProofError)) throw error;
      const beside = error.code === "parent" && !chain.rules.hasDecisions ? (await page(Number(chain.header.height), 1)).items : [];
      if (!chain.hasStray([...items, ...beside])) throw error;
      throw new ProofError("fork", "this server shows a block that the key signed beside those here, or after it handed over to validators: the key lied. Ask people which chain is theirs, and begin with a block of it");
    }
  }

  /** To the last block of the epoch, or to the newest; nowhere if one that it would go over is proved to be wrong. */
  private async jump(chain: LightChain, next: Page): Promise<void> {
    const end = chain.rules.hasDecisions ? await this.epochEnd(chain, next) : await termEnd(chain, next);
    const items = await this.upTo(chain, end);
    await this.watch(chain, items);
    if (chain.trusted.refused) return;
    const header = chain.jump(items.at(-1)!, Date.now(), chain.isEpochOver ? next.items[0] : undefined);
    this.note(chain, [header]);
  }

  /** The last block of the next one's epoch: counted, or as headers say, of which a few are asked for. */
  private async epochEnd(chain: LightChain, next: Page): Promise<number> {
    const { headerFrom } = await import("../verify");
    const begun = headerFrom(bytesOf(next.items[0]!.header));
    if (begun.version < 2n) return Math.min(next.tip, Number(chain.countedEnd));
    return lastHeight(Number(begun.height), next.tip, async (height) => {
      const { items } = await page(height, 1);
      return headerFrom(bytesOf(items[0]!.header)).epoch === begun.epoch;
    });
  }

  /** The header of a height; where there are proofs against blocks that are not known, all headers up to it. */
  private async upTo(chain: LightChain, end: number): Promise<Page["items"]> {
    const told = await json<{ items: { block: string }[] }>("fraud");
    if (told.items.every(({ block }) => this.proofs.has(block))) return (await page(end, 1)).items;
    const found: Page["items"] = [];
    for (let from = Number(chain.header.height) + 1; from <= end; from += HEADERS_MAX) {
      found.push(...(await page(from, Math.min(HEADERS_MAX, end - from + 1))).items);
    }
    return found;
  }

  private note(chain: LightChain, headers: Header[]): void {
    const rows = headers.map((header) => {
      const decision = chain.decided.get(header.height);
      return { header, validators: decision?.validators ?? [], round: decision?.proposal.round ?? 0n };
    });
    this.final = [...rows.reverse(), ...this.final].slice(0, LISTED);
    this.keep();
    this.onNews();
  }

  /** Proofs of fraud against what comes, or what was taken while this page was open. */
  private async watch(chain: LightChain, coming: Page["items"]): Promise<void> {
    const { ProofError, headerFrom, toHex, verifyFraud } = await import("../verify");
    const told = await json<{ items: { block: string }[] }>("fraud");
    const taken = new Map(this.final.map(({ header }) => [toHex(header.id), Number(header.height)]));
    for (const { block } of told.items) {
      const height = coming.find(({ id }) => id === block)?.height ?? taken.get(block);
      if (height === undefined || (taken.has(block) && this.proofs.has(block))) continue;
      this.proofs.add(block);
      const [proof, { items }] = await Promise.all([askedBytes(`fraud/${block}`, {}), page(height - 1, 2)]);
      const [parent, header] = items.map((item) => headerFrom(bytesOf(item.header)));
      const known = [chain.trusted.parameters, (await json<{ parameters: string }>("genesis")).parameters];
      const parameters = await parametersOf(items[1]!.header, known);
      try {
        verifyFraud(new Uint8Array(proof), header!, parent!, bytesOf(parameters));
        chain.refuse(block, taken.has(block));
        this.keep();
      } catch (error) {
        if (!(error instanceof ProofError)) throw error;
      }
      chain.checkAge(Date.now());
    }
  }

  private async sample(headers: Header[]): Promise<void> {
    for (const header of headers) {
      const found = await sampledBlock(header);
      if (found) this.sampled = [found, ...this.sampled].slice(0, LISTED);
      this.onNews();
    }
  }

  private keep(): void {
    const kept: Kept = { trust: this.chain!.trusted, began: this.began! };
    try {
      localStorage.setItem(KEPT + this.network, JSON.stringify(kept));
    } catch {
      // Private windows keep nothing: it begins again with the next visit.
    }
  }
}

/** Random shares of a block whose header is final; null where it has no square. */
async function sampledBlock(header: Header): Promise<Sampled | null> {
  const height = Number(header.height);
  let sampler: Sampler;
  try {
    const [square, verifier] = await squareOf(height, new AbortController().signal);
    const isIt = verifier.toHex(square.header.id) === verifier.toHex(header.id);
    if (!isIt) return { height, taken: 0, missing: SAMPLES, missed: 1 };
    sampler = new Sampler(square, verifier, height);
  } catch (error) {
    if (error instanceof Problem && error.status === 422) return null;
    return { height, taken: 0, missing: SAMPLES, missed: 1 };
  }
  await new Promise<void>((done) => {
    sampler.onNews = () => {
      if (!sampler.isRunning) done();
    };
    sampler.sample(SAMPLES);
  });
  const count = (wanted: number) => sampler.states.filter((state) => state === wanted).length;
  return { height, taken: count(TAKEN), missing: count(MISSING), missed: findingsOf(sampler).missed };
}

/** Whether a later header can be jumped to: the next block is made final as the last one was, by the same keys if by keys. */
async function leadsOn(chain: LightChain, next: ShownHeader): Promise<boolean> {
  const { headerFrom } = await import("../verify");
  const header = headerFrom(bytesOf(next.header));
  return chain.rules.hasDecisions ? header.engine !== "solo" : isOfTerm(chain, header);
}

/** The last block up to which the same keys make blocks by the same rules. */
async function termEnd(chain: LightChain, next: Page): Promise<number> {
  const { headerFrom } = await import("../verify");
  const stays = async (height: number) => isOfTerm(chain, headerFrom(bytesOf((await page(height, 1)).items[0]!.header)));
  if (await stays(next.tip)) return next.tip;
  return lastHeight(next.items[0]!.height, next.tip, stays);
}

const isOfTerm = ({ header }: LightChain, { paramsHash, validatorsHash }: Header): boolean =>
  isSame(header.paramsHash, paramsHash) && isSame(header.validatorsHash, validatorsHash);

const isSame = (one: Uint8Array, other: Uint8Array): boolean => one.every((byte, at) => byte === other[at]);

/** The parameters that a header names: some that are known, or what the header proves with which they changed to these. */
async function parametersOf(header: string, known: string[]): Promise<string> {
  const { digest, equal, headerFrom, parametersProved } = await import("../verify");
  const own = headerFrom(bytesOf(header));
  const found = known.find((each) => equal(digest(bytesOf(each)), own.paramsHash));
  if (found !== undefined) return found;
  const before = await lastHeight(0, Number(own.height) - 1, async (height) => {
    const { items } = await page(height, 1);
    return !equal(headerFrom(bytesOf(items[0]!.header)).paramsHash, own.paramsHash);
  });
  const { items } = await page(before, 2);
  return parametersProved(items[1]!.parameters ?? "", headerFrom(bytesOf(items[0]!.header)).stateRoot);
}

/** The last height of those that hold, where the first does. */
async function lastHeight(first: number, last: number, holds: (height: number) => Promise<boolean>): Promise<number> {
  while (first < last) {
    const middle = Math.ceil((first + last) / 2);
    if (await holds(middle)) first = middle;
    else last = middle - 1;
  }
  return first;
}

const page = (from: number, limit: number): Promise<Page> => json<Page>("headers", { from, limit });

async function json<Kind>(path: string, query: { [name: string]: number } = {}): Promise<Kind> {
  return JSON.parse(await asked(path, query)) as Kind;
}

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

const followers = new Map<string, Follower>();

/** The one of this page for a network. */
export function followerOf(network: string): Follower {
  const found = followers.get(network) ?? new Follower(network);
  followers.set(network, found);
  return found;
}

