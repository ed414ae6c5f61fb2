"""R-MAT links drawn on a card from their numbers, and rows made of them."""

from __future__ import annotations

from typing import Any

_PIECE = 1 << 25
_DRAW = r"""
__device__ unsigned long long mixed(unsigned long long z) {
  z += 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}
// Links first ... first + count - 1 of R-MAT (.57, .19, .19, .05): two levels for each random word.
extern "C" __global__ void draw(
    unsigned long long first, long long count, int scale, unsigned* source, unsigned* target) {
  long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
  if (i >= count) return;
  unsigned from = 0, to = 0;
  unsigned long long word = 0;
  for (int level = 0; level < scale; ++level) {
    word = level % 2 ? word >> 32 : mixed((first + i) * 32 + level / 2 + 1);
    unsigned drawn = (unsigned)word;
    from = 2 * from + (drawn >= 3264175145u);
    to = 2 * to + ((drawn >= 2448131358u && drawn < 3264175145u) || drawn >= 4080218931u);
  }
  source[i] = from;
  target[i] = to;
}
"""
"""Thresholds: .57, .76 and .95 of 2^32."""


def pieces(links: int, scale: int) -> Any:
    """Ends of all links that are no loops, some millions at a time, on the card: uint32."""
    import cupy as cp

    kernel = cp.RawKernel(_DRAW, "draw")
    source, target = (cp.empty(_PIECE, cp.uint32) for _ in range(2))
    for first in range(0, links, _PIECE):
        count = min(_PIECE, links - first)
        blocks = -(-count // 256)
        kernel(
            (blocks,),
            (256,),
            (cp.uint64(first), cp.int64(count), cp.int32(scale), source, target),
        )
        kept = source[:count] != target[:count]
        yield source[:count][kept], target[:count][kept]


def counted(links: int, scale: int) -> tuple[Any, Any]:
    """How many links leave and reach each particle, duplicates counted: int64."""
    import cupy as cp

    n = 1 << scale
    out, into = cp.zeros(n, cp.int64), cp.zeros(n, cp.int64)
    for source, target in pieces(links, scale):
        out += cp.bincount(source, minlength=n)
        into += cp.bincount(target, minlength=n)
    return out, into


def side(keys: Any, own: int) -> tuple[Any, Any, Any]:
    """Compressed rows of sorted keys row·2³² + column, duplicates added up: start, column, weight (uint32)."""
    import cupy as cp

    keys.sort()
    fresh = cp.ones(len(keys), bool)
    fresh[1:] = keys[1:] != keys[:-1]
    first = cp.flatnonzero(fresh)
    del fresh
    weight = cp.diff(cp.append(first, len(keys))).astype(cp.uint32)
    keys = keys[first]
    del first
    bounds = cp.arange(own + 1, dtype=cp.uint64) << cp.uint64(32)
    start = cp.searchsorted(keys, bounds).astype(cp.int64)
    return start, (keys & cp.uint64(2**32 - 1)).astype(cp.uint32), weight
