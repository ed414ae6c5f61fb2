"""focusmesh pin: offered, taken, proved, kept and closed; what cannot be is refused before anything is signed."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import StoreBusyError
from focusmesh.host.ledger import pins
from focusmesh.interface.cli.ledger import pins as commands
from focusmesh.interface.cli.shared.failures import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey
    from tests.interface.cli.conftest import Invoke

    Document = Callable[..., dict[str, Any]]

TERMS = ("--price", "10", "--proofs", "3", "--interval", "2", "--shares", "2", "--misses", "2")


@pytest.fixture
def linked(ledger: Path, invoke: Invoke) -> Path:
    """One block with links."""
    invoke("tx", "link", "a", "b", "3")
    return ledger


@pytest.fixture
def offered(linked: Path, document: Document) -> str:
    """A pin of that block: alice pays 10 for each of three proofs, one in two blocks; block 2."""
    made = document("pin", "offer", "--block", "1", *TERMS)
    assert made["height"] == 2
    return str(made["pin"])


@pytest.fixture
def kept(offered: str, invoke: Invoke) -> str:
    """Kept by bob from block 3 on."""
    invoke("pin", "take", offered, "--key", "bob")
    return offered


class Others:
    """Somebody else, who makes blocks."""

    def __init__(self, invoke: Invoke) -> None:
        self._invoke, self.count = invoke, 0

    def block(self, count: int = 1) -> None:
        for _ in range(count):
            self.count += 1
            self._invoke("tx", "link", f"s{self.count}", "t")


@pytest.fixture
def others(invoke: Invoke) -> Others:
    return Others(invoke)


def only(document: Document) -> dict[str, Any]:
    (found,) = document("pin", "list")["pins"]
    assert isinstance(found, dict)
    return found


def balance(document: Document, name: str) -> int:
    return int(document("query", "account", name)["balance"])


def test_a_pin_from_offer_to_end(
    linked: Path, invoke: Invoke, document: Document, others: Others, tmp_path: Path
) -> None:
    before = balance(document, "alice")
    said = invoke("pin", "offer", "--block", "1", *TERMS, "--deposit", "0")
    name = said.stdout.split()[0]
    assert (len(name), said.stdout.split()[1:]) == (64, ["block", "2"])
    assert balance(document, "alice") == before - 30
    found = only(document)
    assert (found["id"], found["keeper"], found["is_due"], found["is_over"]) == (
        name,
        "",
        False,
        False,
    )
    body = tmp_path / "body"
    invoke("availability", "repair", linked, "--height", "1", "-o", body)
    took = document("pin", "take", name[:10], "--key", "bob", "--data", body)
    assert (took["pin"], took["height"]) == (name, 3)
    proved = document("pin", "prove", name[:10], "--key", "bob", "--data", body)
    assert (proved["round"], proved["height"]) == (0, 4)
    assert only(document) | {"paid": 1, "proved": 1, "missed": 0, "is_due": False} == only(document)
    others.block(5)
    assert invoke("pin", "list").stdout.endswith("1 of 3 proved, 2 missed; it is over\n")
    assert document("pin", "close", name, "--key", "bob")["code"] == "ok"
    assert document("pin", "list") == {"pins": []}
    assert balance(document, "bob") == 10
    assert balance(document, "alice") == before - 10


def test_offers_alike_are_told_apart(offered: str, invoke: Invoke, document: Document) -> None:
    until = str(only(document)["until"])
    words = ("pin", "offer", "--block", "1", *TERMS, "--until", until)
    assert "offer another copy" in invoke(*words, code=ExitCode.REFUSED).stderr
    other = document(*words, "--copy", "1")
    assert other["pin"] != offered


def test_a_keeper_proves_every_round_until_it_is_over(
    kept: str, invoke: Invoke, document: Document, others: Others, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: others.block())
    said = invoke("pin", "keep", kept, "--key", "bob", "--json")
    lines = [json.loads(line) for line in said.stdout.splitlines()]
    assert [line["round"] for line in lines] == [0, 1, 2]
    assert {line["pin"] for line in lines} == {kept}
    assert (only(document)["paid"], balance(document, "bob")) == (3, 30)


def test_a_keeper_goes_on_where_a_round_ended_before_its_proof(
    kept: str, invoke: Invoke, document: Document, others: Others, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others make two blocks between the look at the pin and the proof's own block."""
    monkeypatch.setattr(time, "sleep", lambda _: others.block())
    proof_of = pins.proof_of
    late: list[int] = []

    def slow(*given: Any) -> Any:
        proof = proof_of(*given)
        if not late:
            late.append(proof.round)
            others.block(2)
        return proof

    monkeypatch.setattr("focusmesh.host.ledger.proof_of", slow)
    said = invoke("pin", "keep", kept, "--key", "bob")
    assert "going on with the next round" in said.stderr
    rounds = [int(line.split("round ")[1].split()[0]) for line in said.stdout.splitlines()]
    assert (late, rounds) == ([0], [1, 2])
    assert (only(document)["paid"], only(document)["missed"]) == (2, 1)


def test_a_keeper_waits_for_whoever_writes(
    kept: str, invoke: Invoke, others: Others, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: others.block())
    send = commands._send
    busy: list[int] = []

    def taken(*given: Any, **facts: Any) -> None:
        if not busy:
            busy.append(facts["round"])
            raise StoreBusyError("another process writes")
        send(*given, **facts)

    monkeypatch.setattr(commands, "_send", taken)
    said = invoke("pin", "keep", kept, "--key", "bob")
    assert "another process writes; trying again" in said.stderr
    assert len(said.stdout.splitlines()) == 3


def test_a_keeper_ends_where_the_pin_was_closed(
    kept: str, invoke: Invoke, others: Others, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(_: float) -> None:
        others.block(6)
        invoke("pin", "close", kept)

    monkeypatch.setattr(time, "sleep", end)
    said = invoke("pin", "keep", kept, "--key", "bob")
    assert len(said.stdout.splitlines()) == 1
    assert "somebody closed it" in said.stderr


REFUSED: list[tuple[tuple[str, ...], ExitCode, str]] = [
    (("prove", "PIN", "--key", "bob"), ExitCode.USAGE, "not taken yet: take it"),
    (("keep", "PIN", "--key", "bob"), ExitCode.USAGE, "not taken yet: take it"),
    (("close", "PIN", "--key", "bob"), ExitCode.REFUSED, "until then only the key that offered it"),
    (("take", "PIN", "--data", "OTHER"), ExitCode.INPUT, "has the data root"),
    (("take", "PIN", "--data", "nowhere"), ExitCode.FILE, "nowhere"),
    (("take", "ff" * 32), ExitCode.INPUT, "no pin of this ledger begins with"),
    (("take", ""), ExitCode.INPUT, "begin with ''"),
    (("offer", "--price", "1", "--block", "99"), ExitCode.REFUSED, "99"),
    (("offer", "--price", "0"), ExitCode.USAGE, "--price"),
    (("offer", "--price", "1", "--shares", "17"), ExitCode.USAGE, "--shares"),
    (("offer", "--price", "1000000"), ExitCode.REFUSED, "the balance is"),
    (("offer", "--price", "1", "--key", "bob"), ExitCode.REFUSED, "the balance is 0"),
]


def test_what_cannot_be_is_said(
    offered: str, invoke: Invoke, document: Document, tmp_path: Path
) -> None:
    """What is refused before it is signed makes no block; what the ledger refuses stands in one and changed nothing."""
    invoke("tx", "link", "b", "c")
    other, ledger = tmp_path / "other.body", tmp_path / "ledger"
    invoke("availability", "repair", ledger, "--height", "3", "-o", other)
    for words, code, said in REFUSED:
        filled = [{"PIN": offered, "OTHER": str(other)}.get(word, word) for word in words]
        before = document("node", "status", ledger)["height"]
        assert said in invoke("pin", *filled, code=code).stderr
        after = document("node", "status", ledger)["height"]
        assert after - before <= (code == ExitCode.REFUSED), words
    assert [each["keeper"] for each in document("pin", "list")["pins"]] == [""]


def test_nobody_takes_or_proves_what_another_keeps(
    kept: str, invoke: Invoke, bob: SigningKey
) -> None:
    for command in ("prove", "keep"):
        refused = invoke("pin", command, kept, code=ExitCode.USAGE)
        assert "name the right key with --key" in refused.stderr
    invoke("pin", "prove", kept, "--key", "bob")
    again = invoke("pin", "prove", kept, "--key", "bob", code=ExitCode.USAGE)
    assert "is not to be proved in block 5" in again.stderr
    early = invoke("pin", "close", kept, code=ExitCode.REFUSED)
    assert "is kept until block 9" in early.stderr
    taken = invoke("pin", "take", kept, code=ExitCode.REFUSED)
    assert f"is already kept by {bob.public.hex()}" in taken.stderr


def test_there_are_no_pins_of_the_first_block(ledger: Path, invoke: Invoke) -> None:
    refused = invoke("pin", "offer", "--price", "1", "--ledger", ledger, code=ExitCode.USAGE)
    assert "block 0 has no square" in refused.stderr
