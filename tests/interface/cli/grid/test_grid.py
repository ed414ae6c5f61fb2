"""``focusmesh grid``: a grid in a folder, from nothing to a vote, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.host.grid import GridService, KeptGrid
from focusmesh.host.persistence import open_store
from tests.host.grids import REFUSALS, SHAPE, filled, forged, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

TEXT = "every good boy does fine, every good boy deserves favour\n" * 40


@pytest.fixture
def folder(invoke: Invoke, tmp_path: Path) -> Path:
    """A grid with the cubes a and b."""
    where = tmp_path / "grid"
    invoke("grid", "create", where, "--shape", ",".join(map(str, SHAPE)))
    kept = filled(KeptGrid.of(open_store(where)))
    kept.close()
    return where


def state(folder: Path) -> tuple[Any, ...]:
    """All that is kept."""
    kept = KeptGrid.of(open_store(folder))
    try:
        return told(kept)
    finally:
        kept.close()


def test_from_nothing_to_a_text_that_goes_on(
    invoke: Invoke, document: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    where, text = tmp_path / "grid", tmp_path / "boy.txt"
    text.write_text(TEXT, encoding="utf-8")
    assert "an array of 30 × 30 × 30" in invoke("grid", "create", where, "--shape", "30").stdout
    assert (where / "secret").stat().st_mode & 0o077 == 0
    saved = tmp_path / "boy.model"
    learned = document("grid", "train", where, "boy", text, "--steps", "12", "--save", saved)
    assert {"model", "unigram", "bigram", "trigram", "gzip"} == set(learned["nats_per_byte"])
    assert document("grid", "model", where, "again", saved)["number"] == 2
    invoke("grid", "template", where, "plain", "--model", "boy", "--on", "NEU=again")
    made = invoke("grid", "instance", where, "one", "--template", "plain", "--at", "3,4,5")
    assert "one is in Execute" in made.stdout
    invoke("grid", "instance", where, "two", "--template", "plain", "--at", "8,8,8", "--wait")
    assert "tied to two" in invoke("grid", "connect", where, "one", "two").stdout
    told_so = document("grid", "process", where, "every good ", "--count", "5")
    assert told_so["instance"] == "one"
    assert told_so["kappa"] == told_so["κ"]
    plain = invoke("grid", "process", where, "every good ", "--count", "5", "--cube", "one")
    assert "one: " in plain.stderr
    assert "agreement" in invoke("grid", "think", where, "one", "every good ").stdout
    assert "2 hops" in invoke("grid", "cascade", where, "one", "every", "--start", "NEU").stdout
    assert (
        "wait at NED"
        in invoke("grid", "send", where, "NEU", "NED", "hello", "--cube", "one").stdout
    )
    assert "is in Held" in invoke("grid", "execute", where, "one", "hold").stdout
    assert "1 in Held, 1 in Stopped" in invoke("grid", "status", where).stdout
    assert "legal: stop, unhold, abort" in invoke("grid", "status", where, "--cube", "one").stdout
    assert "two   plain     8,8,8  Stopped" in invoke("grid", "list", where).stdout
    assert "0,0,0: 2.5" in invoke("grid", "value", where, "0", "0", "0", "--set", "2.5").stdout
    assert "no active" in invoke("grid", "value", where, "0", "0", "0", "--clear").stdout
    assert "900 blocks" in invoke("grid", "interlock", where, "activate", "north").stdout
    last = document("grid", "history", where)["items"]
    assert last[0]["operation"] == "interlock activate north"
    assert last[-1]["operation"] == "create"
    assert "two is gone" in invoke("grid", "remove", where, "two").stdout


def test_a_vote_is_verified(invoke: Invoke, folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "vote.json"
    said = invoke(
        *("grid", "vote", folder, "a", "the qu", "-o", file),
        *("--bad", "NEU=lie", "--bad", "SWD"),
    )
    assert "6 of 8 signed" in said.stdout
    assert "holds" in invoke("grid", "verify", folder, file).stdout
    vote = json.loads(file.read_text(encoding="utf-8"))
    vote["certificate"] = forged(vote["certificate"])
    file.write_text(json.dumps(vote), encoding="utf-8")
    before = state(folder)
    refused = invoke("grid", "verify", folder, file, code=7)
    assert "signature" in refused.stderr
    assert refused.stdout == ""
    file.write_text("{}", encoding="utf-8")
    assert "not a vote" in invoke("grid", "verify", folder, file, code=2).stderr
    assert state(folder) == before


def test_what_is_refused_in_a_shell(invoke: Invoke, folder: Path) -> None:
    before = state(folder)
    for name, wrong in REFUSALS.items():
        command, *rest = wrong.words
        done = invoke("grid", command, folder, *rest, code=7)
        assert done.stderr.startswith("focusmesh: "), name
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
        assert state(folder) == before, name


def test_what_is_no_option(invoke: Invoke, folder: Path, tmp_path: Path) -> None:
    for words in (
        ("instance", folder, "c", "--template", "mixed", "--at", "here"),
        ("template", folder, "t", "--on", "NEU"),
        ("value", folder, "0", "0", "0", "--set", "1", "--clear"),
        ("interlock", folder, "process", "up", "--levels", "low"),
        ("vote", folder, "a", "text", "--bad", "NEU=sing"),
        ("serve", folder, "--node"),
    ):
        assert "Traceback" not in invoke("grid", *words, code=2).stderr
    assert "no grid" in invoke("grid", "status", tmp_path / "nothing", code=4).stderr
    assert "already" in invoke("grid", "create", folder, code=7).stderr
    invoke("grid", "create", tmp_path / "flat", "--shape", "0", code=7)
    assert not (tmp_path / "flat").exists()


def test_a_grid_that_is_served_is_kept_by_its_server(invoke: Invoke, folder: Path) -> None:
    service = GridService(KeptGrid.of(open_store(folder)))
    assert invoke("grid", "status", folder, code=4).stderr
    service.close()
    invoke("grid", "status", folder)
