"""Link programs: whatever the text, they end within their fuel, with links between their particles or with a code."""

from __future__ import annotations

from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.kernel.runtime import LinkProgram
from tests.fuzz.cost import Cost
from tests.fuzz.target import Target

_FUEL = 2_000
_LINKS_MAX = 50
_PARTICLES = [digest(bytes([number])) for number in range(6)]
_CODES = {"program", "fuel", "memory", "value", "number", "self-link", "amount", "links"}


def check(data: bytes) -> bool:
    text = data.decode("utf-8", "replace")
    if not text:
        return False
    operation = LinkProgram(text, b"".join(_PARTICLES), b"", 1, _LINKS_MAX, _FUEL)
    try:
        found = operation.run()
    except SignalError as error:
        if error.code not in _CODES:
            raise
        return False
    assert 0 <= found.interactions <= _FUEL
    assert 0 < len(found.links) <= _LINKS_MAX
    assert all({link.source, link.target} <= {*_PARTICLES} for link in found.links)
    assert all(link.source != link.target and link.amount > 0 for link in found.links)
    assert operation.run() == found
    return True


def seeds() -> list[bytes]:
    texts = [
        "#Link{&0{0,1},&1{2,3},&2{4,5}}",
        (
            "@one(n) = ~n{0: *; 1+p: !&1{p0,p1}=p; &0{p0,@one(p1)}}\n"
            "@main = !&2{a,b}=@one(6); #Link{a,(% (+ b 1) 6)}"
        ),
        (
            "@main = @picked(@list) @list = [#Pair{0,1},#Pair{2,3}]\n"
            "@picked(list) = ~list{#Nil: *; #Cons{h,t}: &0{@link(h),@picked(t)}}\n"
            "@link(p) = ~p{#Pair{a,b}: #Link{a,b}}"
        ),
        (
            "data Way {#Here #There} // a comment\n"
            "@main = @to(#There) @to(w) = ~w{#Here: *; x: #Link{1,2}}"
        ),
        "@f(!n s) = ~n !s {0: s; 1+p: @f(p λx.x)} @main = !!k=@f(9 0); #Link{0,(& 3 (^ 2 1))}",
    ]
    return [text.encode() for text in texts]


HEAP = Cost(memory=(1 << 26) + (1 << 23))
"""A program has the whole of its heap at once, however short it is."""
TARGET = Target(check, seeds, cost=HEAP)
