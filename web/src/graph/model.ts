// The part of the graph that is on the screen: particles and links that came with answers so far.
import type { Item, LinkRow, Name } from "../api";
import { ShownGraph } from "./shown";

export interface NodeFacts {
  x: number;
  y: number;
  name: Name;
  score: number;
  /** Asked for by the reader, or an answer: stays labelled. */
  isAnswer: boolean;
}
export interface EdgeFacts {
  relation: string;
  weight: number;
}
export type Shown = ShownGraph<NodeFacts, EdgeFacts>;

export const keyOf = (name: Name): string => String(name);

/** Where a particle was on the screen before the answers changed. */
const places = new WeakMap<Shown, Map<string, { x: number; y: number }>>();

/** An empty one; particles that come into it begin where they were in `before`. */
export function newShown(before?: Shown): Shown {
  const shown: Shown = new ShownGraph<NodeFacts, EdgeFacts>();
  if (before) places.set(shown, new Map(before.mapNodes((key, { x, y }) => [key, { x, y }])));
  return shown;
}

const before = (shown: Shown, key: string) => places.get(shown)?.get(key);

const TURN = Math.PI * (3 - Math.sqrt(5));

/** Places on a sunflower, so that the same answers always begin alike. */
function place(at: number, around: { x: number; y: number }, spread: number): { x: number; y: number } {
  const far = spread * Math.sqrt(at + 0.5);
  return { x: around.x + far * Math.cos(at * TURN), y: around.y + far * Math.sin(at * TURN) };
}

export function addItems(shown: Shown, items: Item[], isAnswer: boolean): void {
  items.forEach((item, at) => {
    const key = keyOf(item.particle);
    if (shown.hasNode(key)) shown.mergeNodeAttributes(key, { score: item.score, isAnswer });
    else shown.addNode(key, { ...(before(shown, key) ?? place(at, { x: 0, y: 0 }, 10)), name: item.particle, score: item.score, isAnswer });
  });
}

/** Adds links; ends that are not there yet begin near the one that is, unless `known` forbids new ends. */
export function addLinks(shown: Shown, rows: LinkRow[], center: Name | null, isClosed = false): void {
  let grown = 0;
  const heart = center === null ? null : keyOf(center);
  for (const row of rows) {
    const ends = [row.source, row.target];
    const isKnown = ends.map((end) => shown.hasNode(keyOf(end)));
    if (isClosed && !isKnown.every(Boolean)) continue;
    ends.forEach((end, side) => {
      if (isKnown[side] || shown.hasNode(keyOf(end))) return;
      const near = heart !== null && shown.hasNode(heart) ? shown.getNodeAttributes(heart) : { x: 0, y: 0 };
      const score = heart === keyOf(end) ? 0 : (row.score ?? 0);
      const start = before(shown, keyOf(end)) ?? place(grown++, near, heart === null ? 10 : 3);
      shown.addNode(keyOf(end), { ...start, name: end, score, isAnswer: false });
    });
    const [source, target] = ends.map(keyOf) as [string, string];
    const relation = row.relation === null ? "" : String(row.relation);
    const key = JSON.stringify([source, target, relation, row.author]);
    if (source !== target && !shown.hasEdge(key)) shown.addEdgeWithKey(key, source, target, { relation, weight: row.weight });
  }
}

/** Relations of the links on the screen, the most frequent first. */
export function relationsOf(shown: Shown): { relation: string; count: number }[] {
  const counts = new Map<string, number>();
  shown.forEachEdge((_, { relation }) => counts.set(relation, (counts.get(relation) ?? 0) + 1));
  const listed = [...counts].map(([relation, count]) => ({ relation, count }));
  return listed.sort((one, other) => other.count - one.count || (one.relation < other.relation ? -1 : 1));
}
