// Sampling: how sure a few random shares make that none is hidden, and what those that came give back.

/** How many shares must be hidden for one of them to be gone for good: (k + 1)² of the 4k². */
export const hiddenAtLeast = (width: number): number => (width + 1) ** 2;

/** That `count` shares at random places are all there though the block is hidden: C(4k² − (k + 1)², s) / C(4k², s). */
export function missProbability(width: number, count: number): number {
  const size = 4 * width * width;
  const shown = size - hiddenAtLeast(width);
  let probability = 1;
  for (let taken = 0; taken < Math.min(count, size) && probability > 0; taken++)
    probability *= Math.max(0, shown - taken) / (size - taken);
  return probability;
}

/** One of `count` places, each equally likely. Nobody else may know it beforehand. */
export function randomBelow(count: number): number {
  const drawn = new Uint32Array(1);
  const even = 2 ** 32 - (2 ** 32 % count);
  do crypto.getRandomValues(drawn);
  while (drawn[0]! >= even);
  return drawn[0]! % count;
}

/**
 * Which of the 2k × 2k shares there are once every row and column has been filled of which k are there.
 * It counts, no more: that the lines were coded rightly shows when they are filled.
 */
export function filled(there: ArrayLike<boolean | number>, width: number): boolean[] {
  const size = 2 * width;
  const found = Array.from(there, Boolean);
  const line = (index: number, isRow: boolean, at: number) => (isRow ? index * size + at : at * size + index);
  for (let isMore = true; isMore; ) {
    isMore = false;
    for (const isRow of [true, false])
      for (let index = 0; index < size; index++) {
        let count = 0;
        for (let at = 0; at < size; at++) if (found[line(index, isRow, at)]) count++;
        if (count < width || count === size) continue;
        for (let at = 0; at < size; at++) found[line(index, isRow, at)] = true;
        isMore = true;
      }
  }
  return found;
}
