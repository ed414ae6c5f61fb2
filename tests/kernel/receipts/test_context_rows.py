"""What a context receipt says of a graph is so: against a dense solve, for any graph, any seeds, any rows shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import ProofError
from focusmesh.ids import digest
from focusmesh.kernel.receipts.anchors import Anchors
from focusmesh.kernel.receipts.context_builder import BODY_BYTES_MAX, Asked, RowMaker, rowless
from focusmesh.kernel.receipts.context_check import answer_of, check_answer
from focusmesh.kernel.receipts.push import ONE, SHARE
from focusmesh.kernel.receipts.rows.body import RowBody
from focusmesh.kernel.receipts.standing import Question, Standing
from focusmesh.kernel.receipts.wire import BodyReader
from tests.kernel.receipts.ledger import DIFFUSION, TinyLedger

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.kernel.receipts.questions import ContextResult

ALPHA = DIFFUSION.alpha / SHARE
NEURON = digest(b"a neuron")


def particle(number: int) -> bytes:
    return digest(b"%d" % number)


def ledger_of(axons: dict[tuple[int, int], int]) -> TinyLedger:
    return TinyLedger(
        [
            (particle(source), particle(target), b"", NEURON, weight, 3)
            for (source, target), weight in axons.items()
        ]
    )


def context_of(ledger: TinyLedger, asked: Asked) -> FloatArray:
    """φ_c by a dense solve: D with teleport (1 − β)u + βw, dangling mass to u."""
    index = {one.tobytes(): at for at, one in enumerate(ledger.digests)}
    n, beta = len(index), asked.beta / SHARE
    step: FloatArray = np.full((n, n), 1 / n)
    for source, row in ledger.rows.items():
        step[:, index[source]] = 0
        for target, weight in row.items():
            step[index[target], index[source]] = weight / sum(row.values())
    teleport: FloatArray = np.full(n, (1 - beta) / n)
    for seed, share in asked.shares.items():
        teleport[index[seed]] += beta * share / SHARE
    return np.linalg.solve(np.eye(n) - (1 - ALPHA) * step, ALPHA * teleport).astype(np.float64)


axon_weights = st.integers(1, 9) | st.integers(1, 2**32 - 1)
graphs = st.dictionaries(
    st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda pair: pair[0] != pair[1]),
    axon_weights,
    min_size=1,
    max_size=60,
)


@given(
    graphs,
    st.lists(st.integers(0, 10**6), min_size=1, max_size=3, unique=True),
    st.integers(1, 8),
    st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    st.integers(1, 80),
)
def test_scores_bound_and_order_are_true(
    axons: dict[tuple[int, int], int], picks: list[int], k: int, beta: float, links_max: int
) -> None:
    ledger = ledger_of(axons)
    count = len(ledger.digests)
    seeds = {ledger.digests[pick % count].tobytes(): pick % 7 + 1.0 for pick in picks}
    asked = Asked.of(seeds, min(k, count), beta)
    made = RowMaker(ledger, asked).make(links_max)
    assert made is not None
    body, result = made
    check_body(ledger, asked, body, result)
    truth = context_of(ledger, asked)
    index = {one.tobytes().hex(): at for at, one in enumerate(ledger.digests)}
    errors = [abs(item.score - truth[index[item.particle]]) for item in result.items]
    assert sum(errors) <= result.bound + 1e-13
    if result.settled:
        order = np.argsort(-truth, kind="stable")[: asked.k]
        assert [index[item.particle] for item in result.items] == order.tolist()


def check_body(ledger: TinyLedger, asked: Asked, data: bytes, result: ContextResult) -> RowBody:
    """The receipt's check, from bytes and header."""
    reader = BodyReader(data)
    body = RowBody.read(reader, len(ledger.digests))
    anchors = Anchors.of(ledger.header, body)
    anchors.check(body, reader)
    shares = {body.index[seed]: share for seed, share in asked.shares.items()}
    check_answer(result, body, Question(shares, asked.k, asked.beta, anchors))
    return body


def test_all_rows_settle_what_the_committed_vector_settles() -> None:
    """With every row shown the push ends: what is left in the bound is the committed vector's own slack."""
    axons = {(at, (at * 7 + step) % 40): step for at in range(40) for step in (1, 2, 5)}
    ledger = ledger_of({pair: weight for pair, weight in axons.items() if pair[0] != pair[1]})
    asked = Asked.of({particle(3): 1.0}, 40, 0.5)
    made = RowMaker(ledger, asked).make(10_000)
    assert made is not None
    assert 40 / 3 * 1e-8 * 0.999 < made[1].bound < 2e-7
    assert len(made[1].items) == len(ledger.digests)


def test_dangling_seeds_are_shown_to_be_particles_without_links() -> None:
    ledger = ledger_of({(0, 1): 3, (1, 2): 1, (2, 0): 1, (2, 9): 5})
    asked = Asked.of({particle(9): 1.0}, 2, 0.5)
    made = RowMaker(ledger, asked).make()
    assert made is not None
    body = check_body(ledger, asked, *made)
    assert [shown.row.targets for shown in body.rows] == [()]
    assert made[1].settled
    assert made[1].items[0].particle == particle(9).hex()


def test_more_than_the_leaders_close_is_left_to_others() -> None:
    """A list that reaches behind all leaders is not proved by rows: the maker says so."""
    count = 4_200
    ledger = ledger_of({(at, (at + 1) % count): 1 for at in range(count)})
    asked = Asked.of({particle(1): 1.0}, 4_150, 0.5)
    assert RowMaker(ledger, asked).make(50) is None


def test_seeds_share_what_there_is() -> None:
    asked = Asked.of({particle(at): 1.0 for at in range(3)}, 1, 0.3)
    assert sum(asked.shares.values()) == SHARE
    assert asked.query().shares(5) == asked.shares
    assert asked.beta == round(0.3 * SHARE)


def test_a_ledger_in_plain_lines_is_one_as_the_kernel_makes_it() -> None:
    ledger = ledger_of({(0, 1): 3, (1, 2): 1})
    assert int(ledger.vector.sum()) == ONE
    row = ledger.row(particle(0))
    assert row is not None
    assert row.value() == ledger.get(b"/graph/row/" + particle(0))
    assert rowless(ledger).size == ledger.get(b"/graph/size")


def test_what_is_not_shown_could_be_higher(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prover who hides the leaders cannot leave the best out; the twin shows that it is this check that stops it."""
    hub = {(at, 0): 5 for at in range(1, 40)} | {(0, 1): 1, (30, 31): 1}
    ledger = ledger_of(hub)
    asked = Asked.of({particle(30): 1.0}, 2, 0.25)
    made = RowMaker(ledger, asked).make(1)
    assert made is not None
    body = check_body(ledger, asked, *made)
    shares = {body.index[seed]: share for seed, share in asked.shares.items()}
    anchors = Anchors.of(ledger.header, body)
    question = Question(shares, asked.k, asked.beta, anchors)
    hidden = replace(body, leaders=[])
    with pytest.raises(ProofError, match="may be among the best") as refused:
        answer_of(hidden, question, made[1].vector)
    assert refused.value.code == "values"
    monkeypatch.setattr(Standing, "check_closed", lambda self: None)
    monkeypatch.setattr(RowBody, "values", lambda self: dict.fromkeys(range(len(self.digests)), 0))
    assert answer_of(hidden, question, made[1].vector).items != made[1].items


def test_a_receipt_that_would_be_long_shows_fewer_links() -> None:
    rng = np.random.default_rng(1)
    ends = rng.integers(0, 12_000, (40_000, 2)).tolist()
    ledger = ledger_of({(source, target): 1 for source, target in ends if source != target})
    asked = Asked.of({particle(ends[0][0]): 1.0}, 100, 0.9)
    made = RowMaker(ledger, asked).make(10**9)
    assert made is not None
    assert 300_000 < len(made[0]) <= BODY_BYTES_MAX
    check_body(ledger, asked, *made)
