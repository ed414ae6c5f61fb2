// Which block is under the pointer: the nearest one whose outline has the pixel in it.
import { STRIDE } from "./blocks";
import { type Camera, type Vector, dot } from "./camera";

/** Pixels that a pointer may be off a block that is smaller. */
const SLACK_PIXELS = 5;

/** Coordinates of the block that is drawn at a pixel, and null where none is. */
export function pick(bytes: Uint8Array, origin: Vector, camera: Camera, across: number, along: number): Vector | null {
  const places = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const { right, up, forward } = camera.axes;
  const from = camera.target.map((one, at) => one - origin[at]! - 0.5) as Vector;
  const [x, y] = [across / camera.zoom, -along / camera.zoom];
  const reach = Math.max(0.5, SLACK_PIXELS / camera.zoom);
  let [found, nearest] = [-1, Infinity];
  for (let at = 0; at < places.length; at += STRIDE / 2) {
    const place: Vector = [places[at]! - from[0], places[at + 1]! - from[1], places[at + 2]! - from[2]];
    const [off, above] = [x - dot(place, right), y - dot(place, up)];
    if (Math.abs(off) > 2 * reach || Math.abs(above) > 2 * reach) continue;
    const away = dot(place, forward) + entered(off, above, reach, right, up, forward);
    if (away < nearest) [found, nearest] = [at, away];
  }
  if (found < 0) return null;
  return [places[found]! + origin[0], places[found + 1]! + origin[1], places[found + 2]! + origin[2]];
}

/** How far from its middle a ray comes into a box, and Infinity where it misses it. */
function entered(off: number, above: number, reach: number, right: Vector, up: Vector, forward: Vector): number {
  let [enters, leaves] = [-Infinity, Infinity];
  for (let axis = 0; axis < 3; axis += 1) {
    const start = off * right[axis]! + above * up[axis]!;
    const by = Math.abs(forward[axis]!) < 1e-4 ? 1e-4 : forward[axis]!;
    enters = Math.max(enters, (-Math.sign(by) * reach - start) / by);
    leaves = Math.min(leaves, (Math.sign(by) * reach - start) / by);
  }
  return enters > leaves ? Infinity : enters;
}
