// Lays a graph out beside the page, so that drawing and reading never wait for it. Which way is taken is measured, not guessed:
// a browser names graphics cards that are none.
import { onCard } from "./card";
import { onProcessor } from "./processor";
import type { Forces, Problem, Way } from "./problem";

/** What the page asks: a graph, for how long, and which of its askings this is. */
export interface Order extends Problem {
  number: number;
  steps: number;
  seconds: number;
  /** Steps between two pictures. */
  stride: number;
  way?: Way;
}
/** What it is told. The next picture comes once it has said that it has drawn this one. */
export interface Picture {
  number: number;
  places: Float32Array<ArrayBuffer>;
  way: Way;
  steps: number;
  isLast: boolean;
}
/** Fewer particles are not worth asking the card for. */
const CARD_FROM = 2_000;
/** It has to be this many times as fast: it draws the page as well, and a machine without one does both with the same cores. */
const CARD_AHEAD = 3;
const PICTURE_SECONDS = 0.06;

let newest = 0;
let hasDrawn = true;

addEventListener("message", ({ data }: MessageEvent<Order | "drawn">) => {
  if (data === "drawn") {
    hasDrawn = true;
    return;
  }
  newest = data.number;
  void layOut(data);
});

async function layOut(order: Order): Promise<void> {
  const [forces, way] = chosen(order);
  const begun = performance.now();
  let steps = 0;
  hasDrawn = true;
  while (newest === order.number) {
    const turn = performance.now();
    do forces.step();
    while (++steps < order.steps && steps % order.stride && seconds(turn) < PICTURE_SECONDS);
    const isLast = steps >= order.steps || seconds(begun) > order.seconds;
    if (hasDrawn || isLast) {
      const places = forces.places() as Float32Array<ArrayBuffer>;
      hasDrawn = false;
      postMessage({ number: order.number, places, way, steps, isLast } satisfies Picture, { transfer: [places.buffer] });
    }
    if (isLast) break;
    await new Promise((next) => setTimeout(next, Math.max(0, 1000 * (1 / 60 - seconds(turn)))));
  }
  forces.end();
}

const seconds = (since: number): number => (performance.now() - since) / 1000;

function chosen(order: Order): [Forces, Way] {
  const count = order.places.length / 2;
  const card = order.way === "processor" || (!order.way && count < CARD_FROM) ? null : onCard(order);
  if (!card) return [onProcessor(order), "processor"];
  if (order.way) return [card, "card"];
  const processor = onProcessor(order);
  processor.step();
  const begun = performance.now();
  processor.step();
  if (CARD_AHEAD * card.secondsAStep() < seconds(begun)) return [card, "card"];
  card.end();
  return [processor, "processor"];
}
