// Forces on the processor: far particles push as one (Barnes and Hut), so a step takes n·log n.
import iterate from "graphology-layout-forceatlas2/iterate";
import { type Forces, GRAVITY, type Problem, SCALING, massesOf, slowDownOf } from "./problem";

/** The library's rows: x, y, two forces, mass, convergence, size, whether it is held; and source, target, weight. */
const PARTICLE = 10;
const LINK = 3;
const [MASS, CONVERGENCE, SIZE] = [6, 7, 8];
/** Up to here every pair is looked at, which is exact and no slower. */
const EXACT = 400;

export function onProcessor(problem: Problem): Forces {
  const { sources, targets, places } = problem;
  const count = places.length / 2;
  const masses = massesOf(problem);
  const particles = new Float32Array(count * PARTICLE);
  for (let at = 0; at < count; at++) {
    const row = at * PARTICLE;
    [particles[row], particles[row + 1]] = [places[2 * at]!, places[2 * at + 1]!];
    [particles[row + MASS], particles[row + CONVERGENCE], particles[row + SIZE]] = [masses[at]!, 1, 1];
  }
  const links = new Float32Array(sources.length * LINK);
  sources.forEach((source, at) => links.set([source * PARTICLE, targets[at]! * PARTICLE, 1], at * LINK));
  const settings = {
    linLogMode: true,
    outboundAttractionDistribution: true,
    adjustSizes: false,
    edgeWeightInfluence: 1,
    scalingRatio: SCALING,
    strongGravityMode: false,
    gravity: GRAVITY,
    slowDown: slowDownOf(count),
    barnesHutOptimize: count > EXACT,
    barnesHutTheta: 0.7,
  };
  return {
    step: () => iterate(settings, particles, links),
    places: () => Float32Array.from({ length: 2 * count }, (_, at) => particles[(at >> 1) * PARTICLE + (at & 1)]!),
    end: () => undefined,
  };
}
