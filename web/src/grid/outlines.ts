// Lines over the blocks: the box that they are in, every cube with its edges and spokes, and what is chosen.
import type { Theme } from "../theme";
import type { Cube } from "./api";
import type { Camera, Vector } from "./camera";
import type { Lines } from "./scene";

type Ink = [number, number, number, number];

const BOX: { [theme in Theme]: Ink } = { dark: [0.55, 0.62, 0.75, 0.4], light: [0.3, 0.33, 0.38, 0.35] };
const CUBE: { [theme in Theme]: Ink } = { dark: [0.93, 0.95, 1, 0.75], light: [0.1, 0.12, 0.16, 0.7] };
const CHOSEN: { [theme in Theme]: Ink } = { dark: [1, 0.76, 0.35, 1], light: [0.66, 0.26, 0, 1] };
const TIE: { [theme in Theme]: Ink } = { dark: [0.56, 0.77, 0.96, 0.65], light: [0.08, 0.35, 0.55, 0.6] };
/** A cube is two blocks wide, and never smaller on the screen than this. */
const CUBE_REACH = 1.06;
const CUBE_PIXELS = 5;
const CORNERS: Vector[] = [0, 1, 2, 3, 4, 5, 6, 7].map((at) => [at & 1, (at >> 1) & 1, at >> 2] as Vector);
const EDGES = CORNERS.flatMap((_, at) => [1, 2, 4].filter((bit) => !(at & bit)).map((bit): [number, number] => [at, at | bit]));

export interface Marked {
  cubes: Cube[];
  edges: [string, string][];
  cube: string | null;
  block: Vector | null;
  size: Vector;
}

export function outlines(marked: Marked, camera: Camera, theme: Theme): Lines {
  const lines: Lines = { places: [], colours: [] };
  box(lines, [0, 0, 0], marked.size, BOX[theme]);
  ties(lines, marked, TIE[theme]);
  const reach = Math.max(CUBE_REACH, CUBE_PIXELS / camera.zoom);
  for (const cube of marked.cubes) {
    const isChosen = cube.name === marked.cube;
    const middle = cube.at.map((one) => one + 1) as Vector;
    const wide = isChosen ? Math.max(reach * 1.12, 14 / camera.zoom) : reach;
    const ink = isChosen ? CHOSEN[theme] : CUBE[theme];
    box(lines, middle.map((one) => one - wide) as Vector, middle.map((one) => one + wide) as Vector, ink);
    if (isChosen) spokes(lines, middle, wide, ink);
  }
  if (marked.block) {
    const low = marked.block.map((one) => one - 0.06) as Vector;
    box(lines, low, low.map((one) => one + 1.12) as Vector, CHOSEN[theme]);
    toAxes(lines, marked.block.map((one) => one + 0.5) as Vector, CHOSEN[theme]);
  }
  return lines;
}

/** Which cubes are tied: messages go along these lines, and κ spreads. */
function ties(lines: Lines, marked: Marked, ink: Ink): void {
  const middles = new Map(marked.cubes.map(({ name, at }) => [name, at.map((one) => one + 1) as Vector]));
  for (const [one, other] of marked.edges) {
    const [from, to] = [middles.get(one), middles.get(other)];
    if (from && to) line(lines, from, to, marked.cube === one || marked.cube === other ? [ink[0], ink[1], ink[2], 1] : ink);
  }
}

function line(lines: Lines, from: Vector, to: Vector, ink: Ink): void {
  lines.places.push(...from, ...to);
  lines.colours.push(...ink, ...ink);
}

function box(lines: Lines, low: Vector, high: Vector, ink: Ink): void {
  const corners = CORNERS.map((corner) => corner.map((one, at) => (one ? high[at]! : low[at]!)) as Vector);
  for (const [from, to] of EDGES) line(lines, corners[from]!, corners[to]!, ink);
}

function spokes(lines: Lines, middle: Vector, reach: number, ink: Ink): void {
  const faint: Ink = [ink[0], ink[1], ink[2], 0.5];
  for (const corner of CORNERS) line(lines, middle, middle.map((one, at) => one + (corner[at]! ? reach : -reach)) as Vector, faint);
}

/** From a block to where its coordinates can be read off. */
function toAxes(lines: Lines, place: Vector, ink: Ink): void {
  const faint: Ink = [ink[0], ink[1], ink[2], 0.45];
  const floor: Vector = [place[0], place[1], 0];
  line(lines, place, floor, faint);
  line(lines, floor, [place[0], 0, 0], faint);
  line(lines, floor, [0, place[1], 0], faint);
}
