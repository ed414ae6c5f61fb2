// Forces that lay the graph out, a few steps a frame, until it has come to rest.
import forceAtlas2 from "graphology-layout-forceatlas2";
import { prefersStill } from "../theme";
import type { Shown } from "./model";

const FRAMES = 140;
const MILLISECONDS_A_FRAME = 9;
/** Of a graph that takes long to draw, more steps are taken for each time that it is drawn. */
const MILLISECONDS_A_LARGE_FRAME = 45;
const LARGE = 400;

export class Layout {
  private left = 0;
  private frame = 0;

  constructor(private readonly shown: Shown) {}

  /** Begins anew; a reader who prefers no motion sees the end at once. */
  run(): void {
    this.left = FRAMES;
    if (prefersStill()) {
      this.step(Math.min(300, Math.ceil(200_000 / (this.shown.order + 1))));
      this.left = 0;
    } else if (!this.frame) this.frame = requestAnimationFrame(this.tick);
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  private tick = (): void => {
    const isLarge = this.shown.order > LARGE;
    const until = performance.now() + (isLarge ? MILLISECONDS_A_LARGE_FRAME : MILLISECONDS_A_FRAME);
    do this.step(1);
    while (performance.now() < until);
    this.left -= 1;
    this.frame = this.left > 0 ? requestAnimationFrame(this.tick) : 0;
  };

  private step(iterations: number): void {
    if (this.shown.order < 2) return;
    forceAtlas2.assign(this.shown, {
      iterations,
      getEdgeWeight: null,
      settings: {
        barnesHutOptimize: this.shown.order > LARGE,
        barnesHutTheta: 0.7,
        gravity: 0.6,
        linLogMode: true,
        outboundAttractionDistribution: true,
        scalingRatio: 6,
        slowDown: 4 + Math.log(this.shown.order + 1),
      },
    });
  }
}
