"""``focusmesh keys rotate``: what it says and asks for; tests/host/ledger tries how it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.host.keys.keystore import Keystore
from focusmesh.interface.cli.shared.failures import ExitCode
from tests.interface.cli.conftest import written
from tests.ledger_fixtures import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey
    from tests.interface.cli.conftest import Invoke
    from tests.ledger_fixtures import NewLedger

    Document = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.usefixtures("cheap_seals")


def test_it_tells_where_the_key_was_rotated(
    ledger: Path, new_ledger: NewLedger, alice: SigningKey, document: Document, invoke: Invoke
) -> None:
    second = new_ledger("second")
    told = document("keys", "rotate", "alice", "--ledger", ledger, "--ledger", second)
    assert [(each["ledger"], each["height"]) for each in told["items"]] == [
        (str(ledger), 1),
        (str(second), 1),
    ]
    assert told["before"]["neuron"] == alice.public.hex() != told["neuron"]
    assert document("keys", "show", "alice")["neuron"] == told["neuron"]
    status = document("node", "status", second)
    assert status["proposers"] == [told["neuron"]]
    invoke("tx", "link", "a", "b")
    assert document("query", "account", "alice")["neuron"] == told["neuron"]
    old = invoke("tx", "link", "a", "c", "--key", told["before"]["name"], code=ExitCode.REFUSED)
    assert f"was rotated to {told['neuron']}" in old.stderr
    assert "valid: blocks 0 to 2" in invoke("chain", "verify").stdout


@pytest.mark.usefixtures("alice")
def test_the_new_key_may_have_a_passphrase_of_its_own(
    ledger: Path, invoke: Invoke, tmp_path: Path
) -> None:
    fresh = written(tmp_path / "phrase", "another long phrase")
    invoke("keys", "rotate", "alice", "--ledger", ledger, "--new-passphrase-file", fresh)
    store = Keystore(tmp_path / "keys")
    (before,) = [key.name for key in store.keys() if "before" in key.name]  # noqa: SIM118
    assert store.unlock("alice", "another long phrase").public != store.find(before).neuron
    assert store.unlock(before, PASSPHRASE).public == store.find(before).neuron
    done = invoke("tx", "link", "a", "b", "--passphrase-file", fresh)
    assert done.stdout == "block 2\n"


@pytest.mark.usefixtures("bob")
def test_a_ledger_has_to_be_named(
    ledger: Path, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "has the new key from block 1 on" in invoke("keys", "rotate", "bob").stderr
    monkeypatch.delenv("FOCUSMESH_LEDGER")
    assert "--ledger" in invoke("keys", "rotate", "alice", code=ExitCode.USAGE).stderr
    nowhere = invoke("keys", "rotate", "alice", "-l", tmp_path / "nowhere", code=ExitCode.FILE)
    assert "there is no such folder" in nowhere.stderr
    unknown = invoke("keys", "rotate", "alise", "-l", ledger, code=ExitCode.INPUT)
    assert "close names" in unknown.stderr


def test_an_old_network_is_told_of(new_ledger: NewLedger, invoke: Invoke) -> None:
    older = new_ledger("older", version=1)
    told = invoke("keys", "rotate", "alice", "--ledger", older).stderr
    assert "a network of version 1, whose blocks the old key goes on making" in told
