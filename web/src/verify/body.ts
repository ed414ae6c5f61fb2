// The body of a ranking or a context: rows that were pushed, committed values, and what holds them under the header.
import { type Bytes, compare, concat, digest, equal, number, readNumber, require, sha256 } from "./bytes";
import { type Cbor, decode } from "./cbor";
import { Fraction } from "./fractions";
import type { FocusCertificate, Header } from "./header";
import { checkLeaves } from "./leaves";
import { WEIGHTS, encodeRow, subtree } from "./rows";
import { type Entry, ROW_PREFIX, SIZE_KEY, readRoot } from "./state";
import type { BodyReader } from "./wire";

export const ONE = 1n << 63n;
export const SHARE = 1n << 32n;
const LEADERS_MAX = 4096;
const LEADERS_PAGE = 16;
const PARTICLES_A_PAGE = 16;
const VALUES_A_PAGE = 512;
const VALUE_BYTES = 8;

/** A particle that was pushed: `amount` is its y over 2⁶³. Without targets it is dangling. */
export interface Row {
  source: number;
  amount: bigint;
  targets: number[];
  weights: bigint[];
  links: bigint;
  authorsRoot: Bytes;
}

export interface Operator {
  alpha: bigint;
  diffusion: bigint;
  series: bigint[];
}

/** Particles are indices into `digests`; pages are by number. */
export class Body {
  readonly parameters: Bytes;
  readonly size: Bytes;
  readonly digests: Bytes[] = [];
  readonly rows: Row[];
  readonly leaders: [number, bigint][] = [];
  readonly particlePages = new Map<number, number[]>();
  readonly valuePages = new Map<number, Bytes>();

  constructor(reader: BodyReader, readonly particleCount: number) {
    this.parameters = reader.block();
    this.size = reader.block();
    const count = reader.count();
    for (let at = 0; at < count; at++) this.digests.push(reader.digest());
    for (let at = 1; at < count; at++)
      require(compare(this.digests[at - 1]!, this.digests[at]!) < 0, "body", "the digests of a receipt do not rise");
    const sources = reader.rising(reader.count(), count);
    this.rows = sources.map((source) => readRow(source, count, reader));
    this.readLeaders(reader);
    this.readPages(reader);
  }

  /** Index of a digest, -1 where it is not named. */
  indexOf(wanted: Bytes): number {
    return this.digests.findIndex((own) => equal(own, wanted));
  }

  /** Committed values that are shown, by particle. */
  values(): Map<number, bigint> {
    const known = new Map(this.leaders);
    for (const [page, particles] of this.particlePages)
      particles.forEach((particle, place) => {
        const at = page * PARTICLES_A_PAGE + place;
        const held = this.valuePages.get(Math.floor(at / VALUES_A_PAGE));
        const first = (at % VALUES_A_PAGE) * VALUE_BYTES;
        if (held) known.set(particle, readNumber(held.slice(first, first + VALUE_BYTES).reverse()));
      });
    return known;
  }

  private readLeaders(reader: BodyReader): void {
    const held = Math.min(this.particleCount, LEADERS_MAX);
    const shown = reader.count();
    const isWhole = shown <= held && (shown % LEADERS_PAGE === 0 || shown === held);
    require(isWhole, "body", `${shown} leaders are no whole pages of ${held}`);
    for (let at = 0; at < shown; at++) {
      const particle = Number(reader.number());
      require(particle < this.digests.length, "body", "a leader has no digest");
      this.leaders.push([particle, readNumber(reader.raw(VALUE_BYTES))]);
    }
  }

  private readPages(reader: BodyReader): void {
    const pages = reader.rising(reader.count(), Math.ceil(this.particleCount / PARTICLES_A_PAGE));
    const lengths = pages.map((page) => this.lengthOf(page, PARTICLES_A_PAGE));
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const particles = reader.rising(total, this.digests.length);
    pages.forEach((page, at) => this.particlePages.set(page, particles.splice(0, lengths[at])));
    for (const page of reader.rising(reader.count(), Math.ceil(this.particleCount / VALUES_A_PAGE)))
      this.valuePages.set(page, reader.raw(VALUE_BYTES * this.lengthOf(page, VALUES_A_PAGE)));
  }

  private lengthOf(page: number, perPage: number): number {
    return Math.min(perPage, this.particleCount - page * perPage);
  }

  leaderPages(): Map<number, Bytes> {
    const entries = this.leaders.map(([at, value]) => concat(this.digests[at]!, number(value)));
    const pages = new Map<number, Bytes>();
    for (let at = 0; at < entries.length; at += LEADERS_PAGE)
      pages.set(at / LEADERS_PAGE, concat(...entries.slice(at, at + LEADERS_PAGE)));
    return pages;
  }

  particlePageBytes(): Map<number, Bytes> {
    return new Map([...this.particlePages].map(([page, held]) => [page, concat(...held.map((at) => this.digests[at]!))]));
  }

  /** The value in the state that a row comes from, null for a dangling one. */
  rowValue(row: Row): Bytes | null {
    if (!row.targets.length) return null;
    require(!row.targets.includes(row.source), "body", `row ${row.source} links to itself`);
    const entries = row.targets.map((at, place) => concat(this.digests[at]!, number(row.weights[place]!)));
    return encodeRow({
      links: row.links,
      axons: BigInt(row.targets.length),
      total: row.weights.reduce((sum, weight) => sum + weight, 0n),
      weightsRoot: subtree(WEIGHTS, concat(...entries)).slice(0, 32),
      authorsRoot: row.authorsRoot,
    });
  }
}

function readRow(source: number, count: number, reader: BodyReader): Row {
  const [amount, links] = [reader.number(), reader.number()];
  if (links === 0n) return { source, amount, targets: [], weights: [], links, authorsRoot: new Uint8Array() };
  const axons = reader.count();
  const authorsRoot = reader.digest();
  const targets = reader.rising(axons, count);
  const weights = targets.map(() => reader.number());
  const fits = weights.length > 0 && weights.every((weight) => weight >= 1n && weight < SHARE) && links < 1n << 64n;
  require(fits, "body", `row ${source} has no axon, or one of no weight, or too many`);
  return { source, amount, targets, weights, links, authorsRoot };
}

/** A header whose block carries a focus of its own graph, and the parameters and sizes that go with it. */
export class Anchors {
  readonly operator: Operator;
  private readonly residualLimit: bigint;
  private readonly linkCount: bigint;

  constructor(
    private readonly header: Header,
    readonly certificate: FocusCertificate,
    body: Body,
  ) {
    const isOwn = equal(digest(body.parameters), header.paramsHash);
    require(isOwn, "parameters", "these are not the parameters that the header names");
    const fields = decode(body.parameters, "parameters") as { [name: string]: Cbor };
    this.operator = {
      alpha: fields.alpha as bigint,
      diffusion: fields.diffusion as bigint,
      series: fields.series as bigint[],
    };
    this.residualLimit = fields.residual_limit as bigint;
    const size = decode(body.size, "state") as bigint[];
    const fits = Array.isArray(size) && size.length === 2 && typeof size[1] === "bigint" && size[1] >= 0n;
    require(fits && size[0] === certificate.particles, "state", "the graph has another number of particles");
    this.linkCount = size[1]!;
  }

  /** Reads the hashes: rows, size and pages are under the header's roots. */
  check(body: Body, reader: BodyReader): void {
    const entries: Entry[] = body.rows.map((row) => ({
      path: sha256(ROW_PREFIX, body.digests[row.source]!),
      value: body.rowValue(row),
    }));
    entries.push({ path: sha256(SIZE_KEY), value: body.size });
    const root = readRoot(entries, reader);
    require(equal(root, this.header.stateRoot), "state", "these rows are not under the state root in the header");
    const count = body.particleCount;
    const [leaders, particles, values] = [
      Math.ceil(Math.min(count, LEADERS_MAX) / LEADERS_PAGE),
      Math.ceil(count / PARTICLES_A_PAGE),
      Math.ceil(count / VALUES_A_PAGE),
    ];
    checkLeaves(body.leaderPages(), leaders!, this.certificate.leadersRoot, "leaders", reader);
    checkLeaves(body.particlePageBytes(), particles!, this.certificate.particlesRoot, "particles", reader);
    checkLeaves(body.valuePages, values!, this.header.focusRoot, "focus", reader);
    reader.end();
  }

  /** How far the committed vector can be off its fixed point in L1. */
  slack(): Fraction {
    const { alpha, diffusion, series } = this.operator;
    const particles = this.certificate.particles;
    const lost = 2n * (2n * this.linkCount + 8n * particles + (ONE >> 31n));
    const passes = series.reduce((sum, share, k) => sum + BigInt(k) * share, diffusion);
    const filled = 2n * BigInt(series.length + 3) * particles;
    const gap = new Fraction(alpha * diffusion, SHARE * SHARE);
    const limit = new Fraction(2n * this.residualLimit, ONE);
    const proved = new Fraction(2n * this.residualLimit + filled, ONE)
      .plus(new Fraction(passes * lost, SHARE * ONE))
      .over(gap);
    const least = limit.times(new Fraction(40n, 3n));
    return proved.isLess(least) ? least : proved;
  }
}
