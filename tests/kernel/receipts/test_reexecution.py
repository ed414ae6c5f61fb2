"""Receipts by answering again: any solver comes to the same, and what it does not come to is refused."""

from __future__ import annotations

import base64
import copy
import json
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.errors import ProofError
from focusmesh.ids import digest
from focusmesh.kernel.receipts import Receipt, verify_receipt
from focusmesh.kernel.receipts.context_builder import Asked
from focusmesh.kernel.receipts.questions import ContextParameters
from focusmesh.kernel.receipts.receipt import seal_receipt
from focusmesh.kernel.receipts.reexecution import GRID, solve_again
from tests.kernel.receipts.conftest import receipts, whole
from tests.kernel.receipts.ledger import DIFFUSION, TinyLedger
from tests.kernel.receipts.world import ALICE, FULL

if TYPE_CHECKING:
    from focusmesh.engine.focus import ProtocolParams


def particle(number: int) -> bytes:
    return digest(b"%d" % number)


@pytest.mark.parametrize("operator", [DIFFUSION, FULL], ids=["diffusion", "full"])
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda pair: pair[0] != pair[1]),
        st.integers(1, 1_000),
        min_size=1,
        max_size=30,
    ),
    st.integers(1, 4),
)
@settings(max_examples=25, deadline=None)
def test_another_solver_comes_to_the_same(
    operator: ProtocolParams, axons: dict[tuple[int, int], int], k: int
) -> None:
    links = [
        (particle(source), particle(target), b"", bytes(32), weight, 3)
        for (source, target), weight in axons.items()
    ]
    ledger = TinyLedger(links, operator)
    count = len(ledger.digests)
    seed = ledger.digests[count // 2].tobytes()
    asked = Asked.of({seed: 1.0}, min(k, count), 0.5)
    stated = ContextParameters(operator.alpha, operator.diffusion, list(operator.series), 0.5)
    result = solve_again(ledger, asked.query(), stated)
    source, target, weight = ledger.axons()
    graph = Graph.from_edges(source, target, weight.astype(np.float64), particles=count)
    focus = graph.focus(params=operator.real, tolerance=1e-11, seeds=[count // 2])
    scores = sorted(focus.scores.tolist(), reverse=True)
    found = [item.score for item in result.items] + ([] if result.next is None else [result.next])
    # Weights in the graph are float32, so that a solve of it is off by some 1e-8.
    assert np.abs(np.array(found) - scores[: len(found)]).max() < 1e-7 + GRID
    assert all(score % GRID == 0 for score in found)


def forged(path: tuple[str | int, ...], value: Any) -> Receipt:
    """The receipt with another value, and all digests and the signature made anew."""
    document = copy.deepcopy(json.loads(receipts()["a context again"].to_json()))
    within: Any = document
    for step in path[:-1]:
        within = within[step]
    within[path[-1]] = value
    return seal_receipt(msgspec.convert(document, Receipt), ALICE)


@pytest.mark.parametrize("steps", [-2, -1, 1, 2])
def test_a_score_is_where_it_is_on_the_grid(steps: int) -> None:
    items = receipts()["a context again"].result["items"]
    other = items[1]["score"] + steps * GRID
    with pytest.raises(ProofError, match="does not have the score"):
        verify_receipt(forged(("result", "items", 1, "score"), other), whole().tip, whole())


def test_the_score_after_the_last_is_held_too() -> None:
    after = receipts()["a context again"].result["next"]
    for other in (after + GRID, after - GRID, 0.0, 1.0, None):
        with pytest.raises(ProofError, match=r"after the last|not as stated"):
            verify_receipt(forged(("result", "next"), other), whole().tip, whole())


def test_such_a_receipt_has_no_body() -> None:
    body = base64.b64encode(b"something").decode()
    with pytest.raises(ProofError, match="no body"):
        verify_receipt(forged(("body",), body), whole().tip, whole())
