"""Scores that lie on a card, here one of NumPy arrays, reach the host when they are read there, and once."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import Graph
from focusmesh.engine.focus.solve.device import CardSolution
from focusmesh.engine.focus.solve.result import CardFocus, Focus
from focusmesh.engine.focus.solve.watch import Solution
from focusmesh.errors import CardError

if TYPE_CHECKING:
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray

GRAPH = Graph.from_edges([("a", "b", 1.0), ("b", "c", 2.0), ("c", "a", 1.0), ("a", "c", 0.5)])


class PretendedCard:
    """A vector that counts how often it is copied."""

    def __init__(self, array: FloatArray) -> None:
        self.array: Any = array
        self.copies = 0

    def to_host(self) -> FloatArray:
        self.copies += 1
        values: FloatArray = self.array.copy()
        return values

    def from_host(self, values: FloatArray) -> PretendedCard:
        return PretendedCard(values.copy())

    def in_particle_order(self, structure: Structure) -> PretendedCard:
        return PretendedCard(self.array[structure.position])


def card_focus() -> tuple[CardFocus, PretendedCard, Focus]:
    plain = GRAPH.focus()
    there = PretendedCard(plain.scores)
    return CardFocus.of(plain, there), there, plain


def test_scores_are_copied_when_they_are_first_read_and_once() -> None:
    focus, there, plain = card_focus()
    assert (len(focus), focus.bound, "a" in focus, there.copies) == (3, plain.bound, True, 0)
    assert focus.card_scores is there.array
    assert np.array_equal(focus.scores, plain.scores)
    assert focus.top(3) == plain.top(3)
    assert dict(focus) == dict(plain)
    assert there.copies == 1


def test_who_asks_the_card_after_the_host_gets_a_copy() -> None:
    focus, there, plain = card_focus()
    assert np.array_equal(focus.scores, plain.scores)
    assert focus.card_scores is not there.array
    assert np.array_equal(np.from_dlpack(focus), plain.scores)


@pytest.mark.parametrize("copied", [copy.copy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies_are_of_the_host(copied: Any) -> None:
    focus, _, plain = card_focus()
    found = copied(focus)
    assert type(found) is Focus
    assert np.array_equal(found.scores, plain.scores)
    assert found.top(3) == plain.top(3)


def test_scores_that_were_on_no_card_say_so() -> None:
    focus, _, plain = card_focus()
    changed = replace(focus, scores=plain.scores)
    with pytest.raises(CardError, match=r"focus\.scores has them on the host"):
        _ = changed.card_scores


def test_a_solution_there_is_one_here() -> None:
    x = np.array([0.5, 0.25, 0.25])
    there = PretendedCard(x)
    solution = CardSolution.of(there, Solution(np.zeros(0), 1e-9, 1e-7, 3, 0.5), 100)
    assert (solution.residual, solution.card_bytes, there.copies) == (1e-9, 100, 0)
    assert solution.there.on_card is there
    assert np.array_equal(solution.x, x)
    assert solution.there.on_card is None
    other = replace(solution, x=x[::-1])
    assert (there.copies, other.bound) == (1, 1e-7)
    assert np.array_equal(other.x, x[::-1])
