// Where names stand: beside their particles, on no other name, no particle and nothing that lies over the picture.

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}
export interface Disc {
  x: number;
  y: number;
  size: number;
}
/** A name that wants a place; one that `must` have it may stand farther away, at the end of a line. */
export interface Wanted extends Disc {
  key: string;
  width: number;
  height: number;
  must: boolean;
}
export interface Place extends Box {
  /** Which of the ways it was tried: the same one comes first the next time. */
  way: number;
  isFar: boolean;
}

/** Sides of a particle, as steps right and down of one half the name each: right and left first, then above and below. */
const SIDES = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
] as const;
/** How many rings of places are tried for a name that must be seen. */
const RINGS = 16;
const CELL_PIXELS = 48;

/** What stands somewhere already, found by cells of a grid. */
class Taken {
  private readonly boxes = new Map<number, Box[]>();
  private readonly discs = new Map<number, Disc[]>();

  addBox(box: Box): void {
    this.each(box, (cell) => add(this.boxes, cell, box));
  }
  addDisc(disc: Disc): void {
    const { x, y, size } = disc;
    this.each({ left: x - size, top: y - size, right: x + size, bottom: y + size }, (cell) => add(this.discs, cell, disc));
  }
  isFree(box: Box, rim: number): boolean {
    const wide = { left: box.left - rim, top: box.top - rim, right: box.right + rim, bottom: box.bottom + rim };
    let free = true;
    this.each(wide, (cell) => {
      free &&= !this.boxes.get(cell)?.some((other) => overlaps(wide, other));
      free &&= !this.discs.get(cell)?.some((disc) => touches(box, disc, rim));
    });
    return free;
  }
  private each({ left, top, right, bottom }: Box, act: (cell: number) => void): void {
    for (let row = Math.floor(top / CELL_PIXELS); row <= bottom / CELL_PIXELS; row++)
      for (let column = Math.floor(left / CELL_PIXELS); column <= right / CELL_PIXELS; column++) act(row * 4096 + column);
  }
}

function add<Kind>(cells: Map<number, Kind[]>, cell: number, one: Kind): void {
  const there = cells.get(cell);
  if (there) there.push(one);
  else cells.set(cell, [one]);
}

const overlaps = (one: Box, other: Box): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

function touches(box: Box, { x, y, size }: Disc, rim: number): boolean {
  const [across, down] = [x - Math.max(box.left, Math.min(x, box.right)), y - Math.max(box.top, Math.min(y, box.bottom))];
  return Math.hypot(across, down) < size + rim;
}

/**
 * Places for names in the order of `wanted`, `most` at most; who finds none has none. Names come out beside the places
 * that they had `before`, so that they do not jump. O(discs + wanted) where the picture is not crowded.
 */
export function placesOf(
  wanted: Iterable<Wanted>,
  discs: Iterable<Disc>,
  over: Box[],
  picture: Box,
  rim: number,
  most: number,
  before: ReadonlyMap<string, Place>,
): Map<string, Place> {
  const taken = new Taken();
  for (const disc of discs) taken.addDisc(disc);
  for (const box of over) taken.addBox(box);
  const places = new Map<string, Place>();
  for (const one of wanted) {
    if (places.size >= most && !one.must) continue;
    const last = before.get(one.key)?.way;
    const ways = SIDES.length * (one.must ? RINGS : 1);
    for (let at = last === undefined ? 0 : -1; at < ways; at++) {
      const place = placeAt(one, at < 0 ? last! : at, rim);
      if (at < 0 && place.isFar) continue;
      if (!contains(picture, place) || !taken.isFree(place, rim)) continue;
      taken.addBox(place);
      places.set(one.key, place);
      break;
    }
  }
  return places;
}

const contains = (outer: Box, inner: Box): boolean =>
  inner.left >= outer.left && inner.top >= outer.top && inner.right <= outer.right && inner.bottom <= outer.bottom;

function placeAt({ x, y, size, width, height }: Wanted, way: number, rim: number): Place {
  const [across, down] = SIDES[way % SIDES.length]!;
  const ring = Math.floor(way / SIDES.length);
  const far = size + 2 * rim + ring * height;
  // At a corner the particle is as far away as at a side.
  const reach = across && down ? far * Math.SQRT1_2 : far;
  const middle = { x: x + across * (reach + width / 2), y: y + down * (reach + height / 2) };
  return {
    left: middle.x - width / 2,
    top: middle.y - height / 2,
    right: middle.x + width / 2,
    bottom: middle.y + height / 2,
    way,
    isFar: ring > 0,
  };
}
