// Forces lay the graph out in a worker; here its pictures come into the graph that is drawn.
import { prefersStill } from "../theme";
import type { Order, Picture } from "./forces/worker";
import type { Shown } from "./model";

const LARGE = 400;
const STEPS = 600;
const SECONDS = 2.5;
/** A large graph gets more time, and all steps that go into it. */
const LARGE_SECONDS = 9;
const STRIDE = 5;

export class Layout {
  private worker: Worker | null = null;
  private number = 0;
  private keys: string[] = [];

  constructor(private readonly shown: Shown) {}

  /** Begins anew; a reader who prefers no motion sees the end at once. */
  run(): void {
    if (this.shown.order < 2) return;
    this.worker ??= this.begun();
    this.keys = this.shown.nodes();
    const isLarge = this.keys.length > LARGE;
    const index = new Map(this.keys.map((key, at) => [key, at]));
    const ends = this.shown.mapEdges((_, __, source, target) => [index.get(source)!, index.get(target)!] as const);
    const order: Order = {
      number: ++this.number,
      sources: Uint32Array.from(ends, ([source]) => source),
      targets: Uint32Array.from(ends, ([, target]) => target),
      places: Float32Array.from(this.shown.mapNodes((_, { x, y }) => [x, y]).flat()),
      steps: isLarge ? 4 * STEPS : STEPS,
      seconds: isLarge ? LARGE_SECONDS : SECONDS,
      stride: isLarge || prefersStill() ? Infinity : STRIDE,
    };
    this.worker.postMessage(order);
  }

  stop(): void {
    this.worker?.terminate();
    this.worker = null;
  }

  private begun(): Worker {
    const worker = new Worker(new URL("./forces/worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Picture>) => {
      if (data.number === this.number && (data.isLast || !prefersStill())) this.draw(data.places);
      requestAnimationFrame(() => worker.postMessage("drawn"));
    });
    return worker;
  }

  private draw(places: Float32Array): void {
    const index = new Map(this.keys.map((key, at) => [key, at]));
    this.shown.updateEachNodeAttributes(
      (key, facts) => {
        const at = index.get(key);
        return at === undefined ? facts : { ...facts, x: places[2 * at]!, y: places[2 * at + 1]! };
      },
      { attributes: ["x", "y"] },
    );
  }
}
