// Which particle the pointer is at, worked out from places. Sigma would draw them all a second time in colours that tell
// them apart, and read the picture back at every move of the pointer: a machine without a GPU stands still for that.
import type Sigma from "sigma";
import { NodeCircleProgram } from "sigma/rendering";
import type { EdgeFacts, NodeFacts } from "./model";

type Drawn = Sigma<NodeFacts, EdgeFacts>;
interface Point {
  x: number;
  y: number;
}
/** What sigma keeps to itself of how it finds what is pointed at. */
interface Picking {
  pickingLayers: Set<string>;
  getNodeAtPosition: (at: Point) => string | null;
}
const SLACK_PIXELS = 2;

/** Discs that are drawn once, for the eye alone. */
export class Disc extends NodeCircleProgram<NodeFacts, EdgeFacts> {
  constructor(gl: WebGLRenderingContext, _picking: WebGLFramebuffer | null, renderer: Drawn) {
    super(gl, null, renderer);
  }
}

/** Has a drawing find particles by their places; one of discs alone, for nothing else is drawn for picking then. */
export function pointByPlace(sigma: Drawn): void {
  const picking = sigma as unknown as Picking;
  picking.pickingLayers.clear();
  picking.getNodeAtPosition = (at) => particleAt(sigma, at);
}

/** The particle under a point of the screen, the uppermost where several are. O(particles). */
function particleAt(sigma: Drawn, at: Point): string | null {
  const here = sigma.viewportToFramedGraph(at);
  const pixels = pixelsOf(sigma);
  let [found, height] = [null as string | null, -Infinity];
  sigma.getGraph().forEachNode((key) => {
    const data = sigma.getNodeDisplayData(key);
    if (!data || data.hidden || data.zIndex < height) return;
    const far = Math.hypot(data.x - here.x, data.y - here.y) * pixels;
    if (far <= sigma.scaleSize(data.size) + SLACK_PIXELS) [found, height] = [key, data.zIndex];
  });
  return found;
}

/** How many pixels sigma's unit of length has. */
function pixelsOf(sigma: Drawn): number {
  const [one, other] = [sigma.framedGraphToViewport({ x: 0, y: 0 }), sigma.framedGraphToViewport({ x: 1, y: 0 })];
  return Math.hypot(other.x - one.x, other.y - one.y);
}
