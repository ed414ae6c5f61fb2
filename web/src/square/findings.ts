// What the samples that were taken so far say of a block.
import { count } from "../format";
import { MISSING, OPEN, type Sampler, TAKEN } from "./sampler";

/** `rebuilt` is what follows from shares that came; `repairable` is null while that depends on shares not asked for. */
export interface Findings {
  taken: number;
  missing: number;
  /** Not asked for yet. */
  left: number;
  /** Answered shares that chance chose, or all; and the probability that as many would miss a block that is hidden. */
  random: number;
  missed: number;
  rebuilt: boolean[];
  repairable: boolean | null;
  /** The name of each share's namespace where something tells it, all 2k × 2k. */
  names: (string | null)[];
}

export function findingsOf(sampler: Sampler): Findings {
  const { states, square, size, verifier, chosen } = sampler;
  const { width } = square;
  const held = (wanted: number) => states.reduce((sum, state) => sum + Number(state === wanted), 0);
  const missing = held(MISSING);
  const answered = held(TAKEN) + missing;
  const isAll = answered === states.length;
  const random = isAll ? answered : [...chosen].filter((place) => states[place] === TAKEN || states[place] === MISSING).length;
  const rebuilt = verifier.filled(Array.from(states, (state) => state === TAKEN), width);
  const atBest = missing ? verifier.filled(Array.from(states, (state) => state !== MISSING), width) : null;
  const isWhole = rebuilt.every(Boolean);
  return {
    taken: held(TAKEN),
    missing,
    left: held(OPEN),
    random,
    missed: verifier.missProbability(width, random),
    rebuilt,
    repairable: isWhole ? true : atBest && !atBest.every(Boolean) ? false : null,
    names: spread(verifier.namesIn(square, sampler.shares.values()), width, size),
  };
}

/** Names of the block's own quarter over the whole square, the rest of which was added. */
function spread(own: (string | null)[], width: number, size: number): (string | null)[] {
  return Array.from({ length: size * size }, (_, place) => {
    const [row, column] = [Math.floor(place / size), place % size];
    return row < width && column < width ? own[row * width + column]! : "added";
  });
}

/** Below this a probability is said to be lower, no more. */
const LEAST = 1e-12;

/** How sure it is, with as many places as it takes to be less than 100 %. */
export function certainty(missed: number): string {
  if (missed === 0) return "100 %";
  if (missed < LEAST) return "over 99.9999999999 %";
  const places = Math.max(2, Math.ceil(-Math.log10(100 * missed)) + 1);
  const step = 10 ** places;
  return `${(Math.floor((100 - 100 * missed) * step) / step).toFixed(places)} %`;
}

/** "once in 211 times". */
export function odds(missed: number): string {
  if (missed === 0) return "never";
  return missed < LEAST ? "less than once in a million million times" : `once in ${count(Math.floor(1 / missed))} times`;
}
