// What became of a list between two blocks: who rose, who fell, who is new.
import { useRef } from "preact/hooks";
import type { Ranking } from "./api";

/** By particle: how many places it rose (fell, below 0), null for one that was not listed before. */
export type Changes = Map<string, number | null>;

interface Known {
  asking: string;
  root: string;
  places: Map<string, number>;
  changes: Changes;
}

/** The changes since the same question was answered of another root; those stay until the next come. */
export function useChanges(ranking: Ranking | null, asking: string): Changes {
  const known = useRef<Known | null>(null);
  const before = known.current;
  if (!ranking || before?.root === ranking.root) return before?.changes ?? new Map();
  const places = new Map(ranking.items.map(({ particle }, at) => [String(particle), at]));
  const changes: Changes = new Map();
  if (before?.asking === asking)
    for (const [key, place] of places) {
      const was = before.places.get(key);
      if (was !== place) changes.set(key, was === undefined ? null : was - place);
    }
  known.current = { asking, root: ranking.root, places, changes };
  return changes;
}

/** "Of block 12: 2 rose, 1 fell, 1 is new", for who listens to the page. */
export function spoken(changes: Changes, height: number | null): string {
  if (!changes.size) return "";
  const all = [...changes.values()];
  const counted = [
    [all.filter((by) => by !== null && by > 0).length, "rose"],
    [all.filter((by) => by !== null && by < 0).length, "fell"],
    [all.filter((by) => by === null).length, "new"],
  ] as const;
  const parts = counted.filter(([many]) => many).map(([many, word]) => `${many} ${word}`);
  return `${height === null ? "News" : `Block ${height}`}: ${parts.join(", ")}`;
}
