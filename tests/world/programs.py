"""Link programs of a simulation, and what each comes to, worked out by hand: nothing here runs one."""

from __future__ import annotations

from typing import NamedTuple


class Meant(NamedTuple):
    """The code that a program fails with, if any; interactions until then; its links as (source, target, weight)."""

    code: str
    interactions: int
    links: tuple[tuple[int, int, int], ...]


PROGRAMS = {
    # The first choice leaves the constructor (1) and takes the second one (1) with its numbers (2) and the weight (1)
    # into both halves; there the second one leaves (2), and source and weight are doubled (4).
    "#Link{&0{0,1},&1{2,3},2}": Meant("", 11, ((0, 2, 2), (0, 3, 2), (1, 2, 2), (1, 3, 2))),
    # A call, a duplication, an operation's two steps.
    "@main = @next(0) @next(n) = !&0{a,b}=n; #Link{a,(+ b 1)}": Meant("", 4, ((0, 1, 1),)),
    "@main = #Link{1,0}": Meant("", 0, ((1, 0, 1),)),
    "@main = #Link{1,1}": Meant("self-link", 0, ()),
    "@main = #Link{0,1,0}": Meant("amount", 0, ()),
    "@main = #Pair{0,1}": Meant("value", 0, ()),
    "@main = *": Meant("links", 0, ()),
    "@main = @main": Meant("fuel", 1 << 24, ()),
    "@main = (": Meant("program", 0, ()),
    "@start = #Link{0,1}": Meant("program", 0, ()),
}


def meant(text: object) -> Meant:
    """What a text comes to; one that is none of these cannot be read."""
    return PROGRAMS.get(str(text), Meant("program", 0, ()))


def cut(particles: bytes) -> list[bytes]:
    """The digests of a program's particles."""
    return [particles[at : at + 32] for at in range(0, len(particles), 32)]
