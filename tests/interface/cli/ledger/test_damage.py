"""``focusmesh verify PATH`` and ``chain verify`` say what they have looked at, and where damage is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import focusmesh

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke


@pytest.fixture
def kept(ledger: Path) -> Path:
    """A ledger with a block."""
    with focusmesh.open(ledger) as graph:
        graph.update([("paper", "data", 2), ("data", "author"), ("author", "paper")])
    return ledger


def test_the_command_says_what_it_has_looked_at(
    kept: Path, invoke: Invoke, document: Callable[..., dict[str, object]], tmp_path: Path
) -> None:
    chain, graph, backup = (tmp_path / name for name in ("kept.chain", "g.focusmesh", "monday"))
    invoke("chain", "export", "--ledger", kept, "-o", chain)
    invoke("export", kept, "-o", tmp_path / "g.csv")
    invoke("import", tmp_path / "g.csv", "-o", graph)
    invoke("node", "backup", kept, "-o", backup)
    assert document("verify", kept)["height"] == 1
    assert document("verify", chain)["kind"] == "chain"
    assert document("verify", graph) == {"kind": "graph", "particles": 3, "links": 3}
    assert document("verify", backup)["height"] == 1
    assert document("verify", tmp_path / "keys" / "alice.key.json")["kind"] == "key"
    assert [*document("verify", tmp_path / "keys")] == ["kind", "items"]
    assert "say CERTIFICATE" in invoke("verify", tmp_path / "g.csv", code=2).stderr
    assert "say CERTIFICATE" in invoke("verify", tmp_path, code=2).stderr
    assert "No such file" in invoke("verify", tmp_path / "none", code=4).stderr


def test_the_command_says_where_damage_is(kept: Path, invoke: Invoke, tmp_path: Path) -> None:
    backup, heap = tmp_path / "monday", kept / "store" / "contents.heap"
    invoke("node", "backup", kept, "-o", backup)
    for path in (heap, backup / "contents.heap"):
        path.write_bytes(b"\1?" + path.read_bytes()[2:])
    told = invoke("chain", "verify", "--ledger", kept, code=4).stderr
    assert "contents.heap is damaged at byte 0: the value of " in told
    assert "contents.heap is damaged between bytes 0 and" in invoke("verify", backup, code=4).stderr
    assert (
        "is damaged between bytes"
        in invoke("node", "restore", backup, tmp_path / "again", code=4).stderr
    )
    assert not (tmp_path / "again" / "store").exists()


def test_every_key_of_a_folder_is_opened(
    ledger: Path, invoke: Invoke, document: Callable[..., dict[str, object]], tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    alice, bob = (key["neuron"] for key in document("keys", "list")["items"])  # type: ignore[attr-defined]
    assert invoke("verify", keys).stdout.splitlines() == [
        f"valid: alice opens, the key of {alice}",
        f"valid: bob opens, the key of {bob}",
    ]
    phrase = tmp_path / "phrase"
    phrase.write_text("another passphrase\n")
    told = invoke("verify", keys, "--passphrase-file", phrase, code=3).stderr
    assert "alice.key.json: a sealed key that does not open" in told
    assert "bob.key.json: a sealed key that does not open" in told
    damaged = keys / "bob.key.json"
    damaged.write_bytes(damaged.read_bytes().replace(bob.encode(), alice.encode()))
    done = invoke("verify", keys, code=3)
    assert "bob.key.json" in done.stderr
    assert "alice.key.json" not in done.stderr
    assert "valid" not in done.stdout
    damaged.write_bytes(b"")
    assert "bob.key.json" in invoke("verify", keys, code=3).stderr
