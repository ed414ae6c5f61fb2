"""A halt jails nobody: who may not say that it is there is not away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.host.storage.ledger_folder import operations
from focusmesh.kernel.block.chain import chain
from focusmesh.kernel.consensus import HALT, RESUME, StatementText
from tests.apps.validators import paying
from tests.apps.validators.paying import ALL, KEYS, Paying
from tests.apps.validators.test_absence import RULES, jailed

if TYPE_CHECKING:
    import pytest

REGISTRY = operations()


def statement(node: Paying, number: int, kind: str) -> bytes:
    """What all who vote say, for the next block."""
    end = node.chain.height + 1 if kind == HALT else 0
    text = StatementText(node.chain.network, node.chain.epoch, number, kind, end)
    first, *others = (text.sign(key) for key in KEYS if key.public in node.chain.proposers)
    for each in others:
        first = first.join(each)
    return first.to_bytes()


def halted_for(epochs: int, monkeypatch: pytest.MonkeyPatch) -> Paying:
    """A network that was halted for so many epochs, each twice as long as anybody may be away, and resumed."""
    monkeypatch.setattr(paying, "REGISTRY", REGISTRY)
    node = Paying(**RULES)
    node.pass_epoch(time=node.chain.tip.time + 1)
    assert node.code(ALL, "show_statement/1", statement(node, 1, HALT)) == "ok"
    for _ in range(3 * epochs):
        node.block(time=node.chain.tip.time + 100)
    assert node.code(ALL, "show_statement/1", statement(node, 2, RESUME)) == "ok"
    return node


def test_a_halt_jails_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    node = halted_for(6, monkeypatch)
    assert jailed(node) == []
    node.pass_epoch(time=node.chain.tip.time + 1)
    assert jailed(node) == [], "they have the epochs after it to say that they are there"
    for _ in range(3):
        node.pass_epoch(time=node.chain.tip.time + 100)
    assert jailed(node) != []


def test_without_that_a_halt_jails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the one above."""
    monkeypatch.setattr(chain, "workers_of", lambda working: (working.proposer,))
    assert jailed(halted_for(6, monkeypatch)) != []
