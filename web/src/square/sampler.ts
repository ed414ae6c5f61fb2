// Takes shares of a block's square from the server and keeps what came of each. It believes what is proved.
import { Api, Problem } from "../api";
import type { Share, Square, ToldShare, ToldSquare } from "../verify";

type Verifier = typeof import("../verify");
/** What came of a place: nothing was asked, an answer is awaited, the share holds, or it did not come or does not hold. */
export const [OPEN, ASKED, TAKEN, MISSING] = [0, 1, 2, 3] as const;

const AT_ONCE = 6;
const ATTEMPTS = 3;
const PAUSE_MILLISECONDS = 400;
/** Answers that say nothing about the share: no answer, too many questions, too busy. */
const PASSING = [0, 429, 502, 503, 504];

/** The roots of the square of a block and its header, checked; raises Problem, ProofError. */
export async function squareOf(height: number, signal: AbortSignal): Promise<[Square, Verifier]> {
  const [text, verifier] = await Promise.all([new Api(null).square(height, signal), import("../verify")]);
  return [verifier.readSquare(JSON.parse(text) as ToldSquare, height), verifier];
}

export class Sampler {
  readonly states: Uint8Array;
  readonly shares = new Map<number, Share>();
  /** Why a share is missing, by place. */
  readonly reasons = new Map<number, string>();
  /** The places that chance chose: confidence comes of these alone. */
  readonly chosen = new Set<number>();
  readonly size: number;
  /** Called whenever something came or was asked for. */
  onNews: () => void = () => undefined;
  private waiting: number[] = [];
  private running = 0;
  private readonly ending = new AbortController();

  constructor(
    readonly square: Square,
    readonly verifier: Verifier,
    private readonly height: number,
  ) {
    this.size = 2 * square.width;
    this.states = new Uint8Array(this.size ** 2);
  }

  get isRunning(): boolean {
    return this.running > 0;
  }

  /** Asks for so many shares more at places that chance chooses, for all that are left where there are no more. */
  sample(count: number): void {
    const left = [...this.states.keys()].filter((at) => !this.chosen.has(at));
    for (let drawn = 0; drawn < count && left.length; drawn++) {
      const at = this.verifier.randomBelow(left.length);
      const place = left[at]!;
      left[at] = left.at(-1)!;
      left.pop();
      this.chosen.add(place);
      if (this.states[place] === OPEN) this.waiting.push(place);
    }
    this.go();
  }

  /** Asks for one share that the reader chose. */
  take(place: number): void {
    if (this.states[place] === ASKED || this.states[place] === TAKEN) return;
    this.waiting.unshift(place);
    this.go();
  }

  /** Asks once more for all that did not come. */
  again(): void {
    this.states.forEach((state, place) => state === MISSING && this.waiting.push(place));
    this.go();
  }

  /** Asks for nothing more; what chance chose and was not asked for is as if it had not been chosen. */
  stop(): void {
    for (const place of this.waiting) if (this.states[place] === OPEN) this.chosen.delete(place);
    this.waiting = [];
    this.onNews();
  }

  end(): void {
    this.waiting = [];
    this.ending.abort();
  }

  private go(): void {
    while (this.running < AT_ONCE && this.waiting.length) {
      this.running++;
      void this.work();
    }
    this.onNews();
  }

  private async work(): Promise<void> {
    for (let place = this.waiting.shift(); place !== undefined; place = this.waiting.shift()) {
      if (this.states[place] === ASKED || this.states[place] === TAKEN) continue;
      this.states[place] = ASKED;
      await this.ask(place);
      if (this.ending.signal.aborted) return;
      this.onNews();
    }
    this.running--;
    this.onNews();
  }

  private async ask(place: number): Promise<void> {
    const [row, column] = [Math.floor(place / this.size), place % this.size];
    try {
      const told = JSON.parse(await this.answer(row, column)) as ToldShare;
      this.shares.set(place, this.verifier.readShare(told, this.square, row, column));
      this.states[place] = TAKEN;
      this.reasons.delete(place);
    } catch (error) {
      this.states[place] = MISSING;
      this.reasons.set(place, (error as Error).message);
    }
  }

  private async answer(row: number, column: number): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await new Api(null).share(this.height, row, column, this.ending.signal);
      } catch (error) {
        const isPassing = error instanceof Problem && PASSING.includes(error.status);
        if (!isPassing || attempt === ATTEMPTS) throw error;
        await new Promise((done) => setTimeout(done, PAUSE_MILLISECONDS * attempt));
      }
    }
  }
}
