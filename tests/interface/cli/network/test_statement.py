"""`focusmesh network statement`, and proposals that name who decides: what the commands take, write and refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> Path:
    """A ledger of ann's that knows statements, in which bob has stake."""
    monkeypatch.setenv("FOCUSMESH_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("FOCUSMESH_PASSPHRASE", "correct horse battery staple")
    monkeypatch.setenv("FOCUSMESH_LEDGER", str(tmp_path / "lab"))
    for name in ("ann", "bob"):
        invoke("keys", "new", name)
    grants = ("--balance", "1000", "--grant", "bob=100000")
    invoke("node", "init", tmp_path / "lab", "--key", "ann", *grants)
    invoke("network", "ready", "--key", "ann")
    invoke("network", "propose", "version=6", "--key", "ann")
    return tmp_path


def test_a_ledger_is_halted_and_resumed(
    lab: Path, invoke: Invoke, document: Callable[..., dict[str, Any]]
) -> None:
    halt, resume = lab / "halt", lab / "resume"
    signed = document(
        "network", "statement", "halt", "--end-height", "3", "-o", halt, "--key", "ann"
    )
    assert (signed["kind"], signed["number"], signed["end_height"]) == ("halt", 1, 3)
    assert (signed["weight"], signed["total"]) == (1, 1)
    joined = document("network", "statement", "join", halt, halt, "-o", lab / "joined")
    assert joined["statement"] == signed["statement"]
    shown = document("network", "statement", "show", lab / "joined", "--key", "bob")
    assert (shown["height"], shown["code"]) == (3, "ok")
    refused = invoke("tx", "link", "a", "b", "--key", "bob", code=7)
    assert "the network is halted before block 4" in refused.stderr
    document("network", "statement", "resume", "-o", resume, "--key", "ann")
    assert document("network", "statement", "show", resume, "--key", "bob")["height"] == 4
    invoke("tx", "link", "a", "b", "--key", "bob")
    again = invoke("network", "statement", "show", halt, "--key", "bob", code=7)
    assert "the next statement has the number 3" in again.stderr


NO_STATEMENTS = [
    (("pause", "-o", "x"), 2, "halt, resume, join or show"),
    (("halt",), 2, "--output FILE"),
    (("show", "-o", "x"), 2, "--output FILE"),
    (("show",), 3, "name the files"),
    (("halt", "-o", "x", "--end-height", "9", "--key", "bob"), 3, "no key of who decides"),
    (("halt", "-o", "x", "--key", "ann"), 7, "a halt behind a block"),
    (("join", "nowhere", "-o", "x"), 4, "cannot be read"),
]


def test_what_is_no_statement_is_refused(
    lab: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lab)
    for words, code, says in NO_STATEMENTS:
        assert says in invoke("network", "statement", *words, code=code).stderr
        assert not (lab / "x").exists()


def test_a_proposal_names_validators_and_their_bonds(
    lab: Path, invoke: Invoke, document: Callable[..., dict[str, Any]]
) -> None:
    named = ("--agreement", "quorum", "--validator", "bob=5000", "--epoch-blocks", "7")
    made = document("network", "propose", *named, "--from-epoch", "9", "--key", "ann")
    assert made["code"] == "ok"
    (change,) = document("network", "changes")["changes"]
    assert change["agreement"].startswith("quorum epoch_blocks=7 ")
    assert change["agreement"].endswith("=5000")
    assert "agreement quorum" in invoke("network", "changes").stdout


NO_AGREEMENTS = [
    ("--agreement", "quorum"),
    ("--agreement", "solo", "--validator", "bob=1"),
    ("--agreement", "poll", "--validator", "bob=1"),
    ("--validator", "bob=1"),
    ("--proposer", "bob"),
    ("--agreement", "solo"),
]


def test_options_that_name_no_agreement_are_refused(lab: Path, invoke: Invoke) -> None:
    for words in NO_AGREEMENTS:
        assert invoke("network", "propose", *words, "--key", "ann", code=2).stderr
