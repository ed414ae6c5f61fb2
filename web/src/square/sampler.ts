// Takes shares of a block's square from the server and keeps what came of each. It believes what is proved.
import { Api, Problem } from "../api";
import type { Share, Square, ToldLine, ToldShare, ToldSquare } from "../verify";

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
  /** Rows that are asked for as a whole. */
  private rows: number[] = [];
  private running = 0;
  private isEnded = false;
  /** Breaks off what is under way. */
  private asking = new AbortController();

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
    if (count >= this.states.length) {
      this.sampleAll();
      return;
    }
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

  /**
   * Whole rows take one question each, and no proofs; what does not come so is asked for share by share. They come one
   * after the other: until all were asked for they tell no more than what chance chose.
   */
  private sampleAll(): void {
    for (let row = 0; row < this.size; row++) {
      if (this.placesOf(row).some((place) => this.states[place] === OPEN)) this.rows.push(row);
    }
    this.go();
  }

  private placesOf(row: number): number[] {
    return Array.from({ length: this.size }, (_, column) => row * this.size + column);
  }

  /** Asks for one share that the reader chose. */
  take(place: number): void {
    if (this.states[place] === ASKED || this.states[place] === TAKEN) return;
    this.waiting.unshift(place);
    this.go();
  }

  /** Asks once more for all that did not come. */
  again(): void {
    for (let row = 0; row < this.size; row++) {
      const missing = this.placesOf(row).filter((place) => this.states[place] === MISSING);
      if (missing.length < 2) this.waiting.push(...missing);
      else {
        for (const place of missing) this.states[place] = OPEN;
        this.rows.push(row);
      }
    }
    this.go();
  }

  /** Asks for nothing more; what chance chose and was not answered is as if it had not been chosen. */
  stop(): void {
    for (const place of this.chosen) if (this.states[place] === OPEN) this.chosen.delete(place);
    this.waiting = [];
    this.rows = [];
    this.asking.abort();
    this.asking = new AbortController();
    this.onNews();
  }

  end(): void {
    this.isEnded = true;
    this.stop();
  }

  private go(): void {
    while (this.running < AT_ONCE && this.waiting.length + this.rows.length) {
      this.running++;
      void this.work();
    }
    this.onNews();
  }

  private async work(): Promise<void> {
    for (let job = this.next(); job; job = this.next()) {
      await job();
      if (this.isEnded) return;
      this.onNews();
    }
    this.running--;
    this.onNews();
  }

  private next(): (() => Promise<void>) | null {
    const place = this.waiting.shift();
    if (place !== undefined) return () => this.ask(place);
    const row = this.rows.shift();
    return row === undefined ? null : () => this.askRow(row);
  }

  private async askRow(row: number): Promise<void> {
    const open = this.placesOf(row).filter((place) => this.states[place] === OPEN);
    for (const place of open) this.states[place] = ASKED;
    const { signal } = this.asking;
    try {
      const told = JSON.parse(await this.answer((api) => api.row(this.height, row, signal))) as ToldLine;
      const shares = this.verifier.readLine(told, this.square, "row", row);
      for (const share of shares) this.keep(row * this.size + share.column, share);
    } catch (error) {
      this.giveUp(open, error as Error, signal.aborted);
    }
  }

  /** What a server has of a row that it does not give as a whole it may give share by share, unless it gives nothing. */
  private giveUp(places: number[], error: Error, isStopped: boolean): void {
    for (const place of places) {
      if (this.states[place] !== ASKED) continue;
      if (isStopped) this.reopen(place);
      else if (isPassing(error)) this.miss(place, error);
      else {
        this.states[place] = OPEN;
        this.waiting.push(place);
      }
    }
  }

  private reopen(place: number): void {
    this.states[place] = OPEN;
    this.chosen.delete(place);
  }

  private miss(place: number, error: Error): void {
    this.states[place] = MISSING;
    this.reasons.set(place, error.message);
  }

  private keep(place: number, share: Share): void {
    if (this.states[place] === TAKEN) return;
    this.shares.set(place, share);
    this.states[place] = TAKEN;
    this.reasons.delete(place);
  }

  private async ask(place: number): Promise<void> {
    if (this.states[place] === ASKED || this.states[place] === TAKEN) return;
    this.states[place] = ASKED;
    const [row, column] = [Math.floor(place / this.size), place % this.size];
    const { signal } = this.asking;
    try {
      const told = JSON.parse(await this.answer((api) => api.share(this.height, row, column, signal))) as ToldShare;
      this.keep(place, this.verifier.readShare(told, this.square, row, column));
    } catch (error) {
      if (this.states[place] !== ASKED) return;
      if (signal.aborted) this.reopen(place);
      else this.miss(place, error as Error);
    }
  }

  private async answer(ask: (api: Api) => Promise<string>): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask(new Api(null));
      } catch (error) {
        if (!isPassing(error) || attempt === ATTEMPTS) throw error;
        await new Promise((done) => setTimeout(done, PAUSE_MILLISECONDS * attempt));
      }
    }
  }
}

const isPassing = (error: unknown): boolean => error instanceof Problem && PASSING.includes(error.status);
