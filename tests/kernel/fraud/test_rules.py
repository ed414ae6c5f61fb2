"""Of a right block no rule is broken anywhere; of a falsified page always one; a proof holds for nothing else."""

from __future__ import annotations

import contextlib
import itertools
import random
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from focusmesh.errors import InputError, ProofError
from focusmesh.kernel.fraud import KnownPages, LackingError, TraceServer, prosecute, verify_fraud
from focusmesh.kernel.fraud.forms import FOCUS, INWARD, LEADERS, OUTWARD, RECORDS, FraudProof
from focusmesh.kernel.fraud.page_requests import HASHES, HEAD, PAGES, TraceAsk
from focusmesh.kernel.fraud.recorder import Claims
from focusmesh.kernel.fraud.rules.rules import RULES, breach
from tests.kernel.block.ledger import particle
from tests.kernel.fraud import lies
from tests.kernel.fraud.liar import Liar, ledger_of, lie_about
from tests.kernel.fraud.test_fraud import HUB, drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.kernel.block import Block
    from focusmesh.kernel.fraud import TraceSource
    from focusmesh.kernel.fraud.truth import Truth
    from focusmesh.kernel.fraud.view import View
    from tests.kernel.block.ledger import Ledger

NEXT = drawn(12, 7)


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return ledger_of([drawn(60, 1), HUB[:40]])


def places(kind: str, truth: Truth, view: View) -> Iterator[tuple[int | bytes, ...]]:
    """Everything that a rule could be asked, or a thousand of them."""
    digests = [row.tobytes() for row in truth.digests[:9]] + [particle("p"), bytes(32), b""]
    takes = RULES[kind].takes
    if len(takes) < 2:
        yield from itertools.product(
            *([*range(72), 2**63, -1] if one is int else digests for one in takes)
        )
        return
    chance = random.Random(kind)
    for _ in range(1_000):
        yield tuple(
            chance.randrange(-1, chance.choice((6, 20, 72)))
            if one is int
            else chance.choice(digests)
            for one in takes
        )
    yield from links(kind, view)


def links(kind: str, view: View) -> Iterator[tuple[int, ...]]:
    """Every link, with the particle whose it is and a few places where it might stand."""
    for rank in range(view.count):
        first, stop = view.row(OUTWARD, rank)
        yield from ((at, rank) for at in range(first, stop) if kind == "link")
        yield from ((OUTWARD, at, rank) for at in range(first, stop) if kind == "rising")
        first, stop = view.row(INWARD, rank)
        yield from ((INWARD, at, rank) for at in range(first, stop) if kind == "rising")
        if kind == "inlink":
            for at in range(first, stop):
                row = view.row(OUTWARD, view.link(INWARD, at).end)
                yield from ((at, rank, place) for place in range(row[0], row[1] + 1))


@pytest.mark.parametrize("kind", RULES)
def test_a_right_block_breaks_no_rule(
    ledger: Ledger, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = []

    def ask_all(truth: Truth, source: TraceSource, beside: bytes) -> None:
        claims = Claims(truth, source)
        for at in places(kind, truth, claims.view()):
            try:
                assert breach(claims.view(), kind, at) is None, at
                answered.append(at)
            except ProofError:
                continue

    monkeypatch.setattr("focusmesh.kernel.fraud.prosecution.find_fraud", ask_all)
    lie = lie_about(ledger, NEXT)
    block, liar = lie.told()
    prosecute(ledger.chain, block, None, liar)
    assert answered


@given(data=st.data())
@settings(
    max_examples=35, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_other_bit_of_a_page_is_shown(ledger: Ledger, data: st.DataObject) -> None:
    lie = lie_about(ledger, NEXT)
    tree = data.draw(st.integers(0, 5), "tree")
    index = data.draw(st.integers(0, len(lie.pages[tree]) - 1), "page")
    content = bytearray(lie.pages[tree][index])
    if not content:
        return
    bit = data.draw(st.integers(0, 8 * len(content) - 1), "bit")
    content[bit // 8] ^= 1 << bit % 8
    lie.pages[tree][index] = bytes(content)
    block, liar = lie.told()
    proof = prosecute(ledger.chain, block, None, liar)
    assert proof is not None
    verify_fraud(proof, block.header, ledger.chain.tip, ledger.chain.parameters)


@given(
    at=st.integers(0, 14), missing=st.integers(-3, 3), leftover=st.integers(-3, 3),
    links=st.integers(-2, 2),
)  # fmt: skip
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_other_head_is_shown(
    ledger: Ledger, at: int, missing: int, leftover: int, links: int
) -> None:
    lie = lie_about(ledger, NEXT)
    head = lie.honest.head
    at %= len(head.missing)
    changed: dict[str, Any] = {
        "missing": (*head.missing[:at], head.missing[at] + missing, *head.missing[at + 1 :]),
        "leftover": (*head.leftover[:at], max(0, head.leftover[at] + leftover), *head.leftover[at + 1 :]),
        "links": head.links + links,
    }  # fmt: skip
    if min(changed["missing"]) < 0:
        return
    same = all(getattr(head, name) == value for name, value in changed.items())
    lie.head |= changed
    block, liar = lie.told()
    proof = prosecute(ledger.chain, block, None, liar)
    assert (proof is None) == same


def test_a_leader_left_out_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for where in ("focus.leaders", "fraud.view"):
        monkeypatch.setattr(f"focusmesh.kernel.{where}.LEADERS_MAX", 16)
    ledger = ledger_of([drawn(60, 1)])
    lie = lie_about(ledger, NEXT)
    values = lie.held.vector
    falling = np.argsort(-values.astype(np.int64), kind="stable")[:17].tolist()
    del falling[5]
    digests = lie.held.order.digests
    lies.put_leaders(
        lie, [digests[at].tobytes() + int(values[at]).to_bytes(8, "big") for at in falling]
    )
    block, liar = lie.told()
    proof = prosecute(ledger.chain, block, None, liar)
    assert proof is not None
    found = verify_fraud(proof, block.header, ledger.chain.tip, ledger.chain.parameters)
    assert found.kind == "leader-missing"


@pytest.fixture(scope="module")
def accused(ledger: Ledger) -> tuple[bytes, Liar, Block]:
    lie = lie_about(ledger, NEXT)
    lies.cell(lie, 3, "Q5", 1)
    block, liar = lie.told()
    proof = prosecute(ledger.chain, block, None, liar)
    assert proof is not None
    return proof, liar, block


@given(data=st.data())
def test_a_bent_proof_shows_nothing_or_the_same_block(
    ledger: Ledger, accused: tuple[bytes, Liar, Block], data: st.DataObject
) -> None:
    proof, _, block = accused
    bit = data.draw(st.integers(0, 8 * len(proof) - 1))
    bent = bytearray(proof)
    bent[bit // 8] ^= 1 << bit % 8
    with contextlib.suppress(ProofError):
        verify_fraud(bytes(bent), block.header, ledger.chain.tip, ledger.chain.parameters)


def test_each_thing_that_is_shown_is_held_to_the_header(
    ledger: Ledger, accused: tuple[bytes, Liar, Block], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The must-fail twin: without paths a forged page convicts a right block."""
    lie = lie_about(ledger, NEXT)
    honest, _ = lie.told()
    proof = FraudProof.decode(accused[0])
    forged = msgspec.structs.replace(
        proof, block=honest.header.id, head=lie.honest.head.encode()
    ).encode()
    arguments = forged, honest.header, ledger.chain.tip, ledger.chain.parameters
    with pytest.raises(ProofError, match="is not under root"):
        verify_fraud(*arguments)
    monkeypatch.setattr("focusmesh.kernel.fraud.verification.verify_inclusion", lambda *_: None)
    assert verify_fraud(*arguments).kind == "stage"


def test_states_that_are_shown_are_held_to_their_roots(ledger: Ledger) -> None:
    lie = lie_about(ledger, NEXT)
    lies.links_omitted(lie, pytest.MonkeyPatch())
    block, liar = lie.told()
    proof = prosecute(ledger.chain, block, None, liar)
    assert proof is not None
    read = FraudProof.decode(proof)
    leaf = read.leaves[0]
    assert leaf.value is not None
    for bent in (
        msgspec.structs.replace(leaf, value=leaf.value[:-1] + b"\0"),
        msgspec.structs.replace(leaf, siblings=leaf.siblings[32:]),
        msgspec.structs.replace(leaf, value=None),
        msgspec.structs.replace(leaf, value=None, end=leaf.value[:64]),
    ):
        other = msgspec.structs.replace(read, leaves=(bent, *read.leaves[1:])).encode()
        with pytest.raises(ProofError, match="shows no fraud"):
            verify_fraud(other, block.header, ledger.chain.tip, ledger.chain.parameters)


def test_pages_are_had_in_a_few_rounds(ledger: Ledger, accused: tuple[bytes, Liar, Block]) -> None:
    proof, liar, block = accused
    known, rounds = KnownPages(), 0
    while True:
        try:
            found = prosecute(ledger.chain, block, None, known)
            break
        except LackingError as lacking:
            rounds += 1
            for ask in lacking.asks:
                known.add(ask, liar.answers([ask])[0])
    assert found == proof
    assert rounds <= 8


def test_false_answers_are_asked_for_again(
    ledger: Ledger, accused: tuple[bytes, Liar, Block]
) -> None:
    proof, liar, block = accused
    known, lied = KnownPages(), set[TraceAsk]()
    for _ in range(40):
        try:
            found = prosecute(ledger.chain, block, None, known)
            break
        except LackingError as lacking:
            for ask in lacking.asks:
                answer = liar.answers([ask])[0]
                known.add(ask, answer if ask in lied else answer[:-1] + b"\x55")
                lied.add(ask)
    assert found == proof
    assert lied


def test_an_honest_node_gives_the_pages_of_its_blocks(ledger: Ledger) -> None:
    server, height = TraceServer(ledger.chain), ledger.chain.height
    header = ledger.chain.header(height)
    assert header.focus_certificate is not None
    count = header.focus_certificate.particles
    for tree, what, last in (
        (FOCUS, PAGES, 1),
        (LEADERS, PAGES, -(-count // 16)),
        (RECORDS, HASHES, count // 4 + 1),
    ):
        assert server.answer(TraceAsk(header.id, tree, what, 0, last), height)
        with pytest.raises(ProofError, match="no pages"):
            server.answer(TraceAsk(header.id, tree, what, 0, last + 1), height)
    head = server.answer(TraceAsk(header.id, HEAD, PAGES, 0, 1), height)
    claims_view = lie_about(ledger, NEXT).form
    assert len(head) == claims_view.head_bytes
    with pytest.raises(ProofError, match="another id"):
        server.answer(TraceAsk(bytes(32), HEAD, PAGES, 0, 1), height)


@given(st.binary(max_size=60))
def test_asks_have_one_spelling(data: bytes) -> None:
    with contextlib.suppress(ProofError):
        assert TraceAsk.decode(data).encode() == data
    for count in (0, 1 << 20):
        with pytest.raises(InputError):
            TraceAsk.decode(TraceAsk(bytes(32), 0, 0, 0, count).encode())
