"""Programs that a stranger would send: each asks for far more than it may take."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Hostile(NamedTuple):
    """A program and the links that it is asked of, by the number of these."""

    links: Callable[[int], Iterator[tuple[int, int]]]
    rules: str


def scattered(count: int) -> Iterator[tuple[int, int]]:
    """Five links a particle, to places that look drawn."""
    size = max(count // 5, 1)
    return ((at % size, at * 2_654_435_761 % 2**32 % size) for at in range(count))


def hub(count: int) -> Iterator[tuple[int, int]]:
    """Half of the links lead to one particle, half away from it."""
    half = range(1, count // 2 + 1)
    return chain(((at, 0) for at in half), ((0, at) for at in half))


def line(count: int) -> Iterator[tuple[int, int]]:
    """One link after the other."""
    return ((at, at + 1) for at in range(count))


def complete(count: int) -> Iterator[tuple[int, int]]:
    """All pairs of few particles."""
    size = int(count**0.5)
    return ((at // size, at % size) for at in range(size * size))


PATH = "p(x, y) :- axon(x, y, _). "
HOSTILE = {
    "numbers without end": Hostile(line, "n(0). n(x + 1) :- n(x)."),
    "texts that grow": Hostile(line, "p(cat(s, t)) :- name(_, s), name(_, t)."),
    "a product": Hostile(scattered, "p(x, y) :- particle(x), particle(y)."),
    "a product that leaves nothing": Hostile(
        scattered, "p(x) :- particle(x), particle(y), x < y, y < x."
    ),
    "all that is not linked": Hostile(
        scattered, "p(x, y) :- particle(x), particle(y), !axon(x, y, _)."
    ),
    "two steps by a hub": Hostile(hub, "p(x, z) :- axon(x, y, _), axon(y, z, _)."),
    "three steps by a hub": Hostile(hub, "p(x, u) :- axon(x, y, _), axon(y, z, _), axon(z, u, _)."),
    "cycles of four by a hub": Hostile(
        hub,
        "p(x) :- axon(x, y, _), axon(y, z, _), axon(z, u, _), axon(u, x, _), x < z, z < x.",
    ),
    "cliques": Hostile(
        complete,
        "p(a, b, c, d) :- axon(a, b, _), axon(a, c, _), axon(a, d, _), axon(b, c, _), "
        "axon(b, d, _), axon(c, d, _).",
    ),
    "a closure": Hostile(scattered, PATH + "p(x, z) :- p(x, y), axon(y, z, _)."),
    "a closure of a line, by itself": Hostile(line, PATH + "p(x, z) :- p(x, y), p(y, z)."),
    "a closure by a product": Hostile(
        scattered, PATH + "p(x, z) :- p(x, y), axon(y, _, _), particle(z)."
    ),
    "same generation": Hostile(
        scattered,
        "p(x, y) :- axon(x, a, _), axon(y, a, _). p(x, y) :- axon(x, a, _), p(a, b), axon(y, b, _).",
    ),
    "a count of walks": Hostile(
        scattered,
        "p(n) :- n = count : { axon(x, y, _), axon(y, z, _), axon(z, u, _), axon(u, v, _) }.",
    ),
    "rows too wide for the machine": Hostile(
        scattered,
        "p(x, y, z, u, v, w, s, t) :- axon(x, y, s), axon(y, z, t), axon(z, u, _), axon(u, v, _), axon(v, w, _).",
    ),
}
