"""Names bound as ``&x``: every use is a copy, as if the duplications were written out."""

from __future__ import annotations

import pytest

from focusmesh.engine.rewrite import evaluation, read_book
from focusmesh.engine.rewrite.words import LABEL_MASK
from focusmesh.errors import ProgramError

WRITTEN = {
    "(λ&x.(+ x (* x &x)) 5)": "30",
    "(λ&x.x 5)": "5",
    "(λ&x.7 5)": "7",
    "! &y = 4 (+ y (+ y y))": "12",
    "!! &y = 4 (+ y y)": "8",
    "! &0{&a b} = 3 (+ a (+ a b))": "9",
    "! & {a b} = 3 (* a b)": "9",
    "(λ&x.(λ&x.(+ x x) (+ x x)) 2)": "8",
    "@square(&n) = (* n &n)\n@main = @square(7)": "49",
    "@twice(!&n) = ~n {0: 0 1+&p: (+ p (+ p @twice(p)))}\n@main = @twice(5)": "20",
    "~#P{3} !&k=4 {#P{&h}: (+ (* h h) (* k k))}": "25",
    "data T {#L #N{a b}}\n@main = [#L{1} #L{2}]": "#Cons{#L{1},#Cons{#L{2},#Nil}}",
}
"""Programs, and what they come to."""


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("text", WRITTEN)
def test_every_use_is_a_copy(text: str, compiled: bool) -> None:
    assert evaluation(read_book(text), compiled=compiled).normalise() == WRITTEN[text]


def test_copies_of_a_superposition_are_another_label_s() -> None:
    """Each pair of copies has a label of its own, so that one does not choose for the other."""
    run = evaluation(read_book("(λ&x.[x x] &0{1,2})"))
    assert {"#Cons{1,#Cons{1,#Nil}}", "#Cons{2,#Cons{2,#Nil}}"} <= set(run.collapse())


def test_a_copied_name_outside_of_its_scope_is_refused() -> None:
    with pytest.raises(ProgramError, match="within its scope"):
        read_book("[λ&x.(+ x x) x]")


def test_labels_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("focusmesh.engine.rewrite.syntax.term_reader._FRESH", LABEL_MASK - 1)
    assert evaluation(read_book("(λ&x.(+ x x) 5)")).normalise() == "10"
    with pytest.raises(ProgramError, match="too many names"):
        read_book("(λ&x.(+ x (+ x x)) 5)")
