// What both ways of laying out are given, and the forces that both apply: ForceAtlas2 (Jacomy et al. 2014) with its LinLog
// attraction, shared out over a particle's links.

/** Links between particles by their indices, and where the particles begin: x and y in turns. */
export interface Problem {
  sources: Uint32Array;
  targets: Uint32Array;
  places: Float32Array;
}
export type Way = "processor" | "card";

/** Something that takes steps; the same forces, whichever takes them. */
export interface Forces {
  step(): void;
  /** Where the particles are: x and y in turns. */
  places(): Float32Array;
  end(): void;
}

export const GRAVITY = 0.6;
export const SCALING = 6;
export const slowDownOf = (particles: number): number => 4 + Math.log(particles + 1);

/** One, and one more for every end of a link: how strongly a particle pushes others away. */
export function massesOf({ sources, targets, places }: Problem): Float32Array {
  const masses = new Float32Array(places.length / 2).fill(1);
  for (const ends of [sources, targets]) for (const end of ends) masses[end]! += 1;
  return masses;
}
