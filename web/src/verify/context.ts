// A context by row proofs: the vector that the pushed rows give, its bound, and who leads (diffusion alone).
import { ProofError, require } from "./bytes";
import { type Anchors, type Body, ONE, type Row, SHARE } from "./body";
import { Fraction, floorDivided } from "./fractions";

const UNIT = 1n << 96n;
export const SCORE_BITS = 191;
const SCORE = 1n << BigInt(SCORE_BITS);

interface Pushed {
  local: Map<number, bigint>;
  left: Map<number, bigint>;
  landed: bigint;
  lost: bigint;
}
export interface Standing {
  best: [number, bigint][];
  bound: Fraction;
  settled: boolean;
}

/** r and s of the y that the rows name; `shares` (over 2³²) say where the seeds lie. */
function pushed(shares: Map<number, bigint>, rows: Row[], alpha: bigint): Pushed {
  const left = new Map([...shares].map(([seed, share]) => [seed, share << 64n]));
  const local = new Map<number, bigint>();
  let landed = 0n;
  let lost = 0n;
  const add = (to: Map<number, bigint>, at: number, mass: bigint) => to.set(at, (to.get(at) ?? 0n) + mass);
  for (const row of rows) {
    const settled = row.amount << 33n;
    local.set(row.source, settled);
    add(left, row.source, -settled);
    const flowing = ((SHARE - alpha) * row.amount) << 1n;
    if (!row.targets.length) {
      landed += flowing;
      continue;
    }
    const total = row.weights.reduce((sum, weight) => sum + weight, 0n);
    lost += BigInt(row.targets.length);
    row.targets.forEach((target, at) => add(left, target, (flowing * row.weights[at]!) / total));
  }
  for (const [particle, mass] of left) add(local, particle, mass);
  return { local, left, landed, lost };
}

class Estimate {
  private readonly rest: bigint;
  private readonly factor: bigint;
  private readonly everywhere: bigint;

  constructor(
    readonly push: Pushed,
    private readonly alpha: bigint,
    private readonly beta: bigint,
    private readonly count: bigint,
    private readonly slack: Fraction,
    private readonly prior: boolean,
  ) {
    this.rest = [...push.left.values()].reduce((sum, mass) => sum + mass, 0n);
    const known = push.landed + (prior ? this.rest : 0n);
    this.factor = (SHARE - beta) * UNIT + beta * known;
    const taken = prior ? this.rest : 0n;
    this.everywhere = floorDivided((beta * alpha * taken) << 31n, count);
    const fits = this.factor >= 0n && this.factor <= SHARE * UNIT;
    require(fits, "values", "more was pushed than the seeds have: nothing follows from it");
  }

  score(particle: number | null, value: bigint): bigint {
    const mass = particle === null ? 0n : (this.push.local.get(particle) ?? 0n);
    return this.factor * value + this.beta * this.alpha * (mass << 31n) - this.everywhere;
  }

  bound(): Fraction {
    const moved = new Fraction(SHARE - this.alpha, SHARE).times(this.left());
    const lost = new Fraction(this.push.lost + 1n);
    return new Fraction(this.beta, SHARE * UNIT).times(moved.plus(lost)).plus(this.slack);
  }

  private left(): Fraction {
    const size = (value: bigint) => (value < 0n ? -value : value);
    const left = [...this.push.left.values()];
    if (!this.prior) return new Fraction(left.reduce((sum, mass) => sum + size(mass), 0n));
    const touched = left.reduce((sum, mass) => sum + size(this.count * mass - this.rest), 0n);
    return new Fraction(touched + (this.count - BigInt(left.length)) * size(this.rest), this.count);
  }
}

/** The first k of all particles by (score falling, digest rising); raises ProofError ("values") where that is open. */
export function standing(
  body: Body,
  shares: Map<number, bigint>,
  k: number,
  beta: bigint,
  anchors: Anchors,
  prior: boolean,
): Standing {
  const { alpha, diffusion } = anchors.operator;
  require(diffusion === SHARE, "parameters", "row proofs are for diffusion alone (λ_s = λ_h = 0)");
  checkParticles(body, shares);
  const count = BigInt(body.particleCount);
  const estimate = new Estimate(pushed(shares, body.rows, alpha), alpha, beta, count, anchors.slack(), prior);
  const known = body.values();
  const ceiling = body.leaders[body.leaders.length - 1]?.[1] ?? ONE;
  const candidates = new Set([...known.keys(), ...estimate.push.local.keys(), ...shares.keys()]);
  const scored = [...candidates].map((at): [number, bigint] => [at, estimate.score(at, known.get(at) ?? ceiling)]);
  scored.sort(([one, high], [other, low]) => (high === low ? one - other : high > low ? -1 : 1));
  const listed = scored.slice(0, k);
  const nexts = scored.slice(k, k + 1).map(([, score]) => score);
  let isOpen = listed.some(([at]) => !known.has(at));
  if (body.particleCount > candidates.size) {
    const untouched = estimate.score(null, ceiling);
    nexts.push(untouched);
    isOpen ||= listed.length < k || untouched >= listed[listed.length - 1]![1];
  }
  if (isOpen) throw new ProofError("values", "particles without a shown value may be among the best");
  const bound = estimate.bound();
  const scores = listed.map(([, score]) => score);
  if (nexts.length) scores.push(nexts.reduce((most, score) => (score > most ? score : most)));
  const apart = new Fraction(SCORE).times(bound);
  const settled = scores.every((score, at) => at === 0 || apart.isLess(new Fraction(scores[at - 1]! - score)));
  return { best: listed, bound, settled };
}

/** What counts as a particle is one: it has links, something links to it, or a page names it. */
function checkParticles(body: Body, shares: Map<number, bigint>): void {
  const shown = new Set(body.leaders.map(([at]) => at));
  for (const page of body.particlePages.values()) page.forEach((at) => shown.add(at));
  for (const row of body.rows) {
    if (row.targets.length) shown.add(row.source);
    row.targets.forEach((at) => shown.add(at));
  }
  const wanted = [...shares.keys(), ...body.rows.map((row) => row.source)];
  const isShown = wanted.every((at) => shown.has(at));
  require(isShown, "particles", "a seed or a pushed row is not shown to be a particle");
}

