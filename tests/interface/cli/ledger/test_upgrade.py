"""``focusmesh node upgrade``: a ledger of before is refused with what to do, done, undone, and its old store let go."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.interface.cli.shared.failures import ExitCode
from focusmesh.kernel.state import LmdbStore
from focusmesh.kernel.state.store import formats
from tests.formats import making
from tests.formats.test_formats import HERE as FORMATS
from tests.formats.test_formats import facts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke
    from tests.ledger_fixtures import NewKey

    Document = Callable[..., dict[str, Any]]

FACTS = facts(FORMATS / "1")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A ledger of format 1."""
    return making.unpack(FORMATS / "1", tmp_path / "memory")


def test_a_ledger_of_before_is_refused_with_what_to_do(invoke: Invoke, old: Path) -> None:
    for words in (
        ("node", "status", old),
        ("chain", "verify", "--ledger", old),
        ("tx", "link", "a", "b", "--ledger", old),
        ("rank", old),
    ):
        said = invoke(*words, code=ExitCode.FILE).stderr
        assert f"`focusmesh node upgrade {old}`" in said


def test_it_is_upgraded_and_used(
    invoke: Invoke, document: Document, old: Path, new_key: NewKey
) -> None:
    new_key("alice")
    done = document("node", "upgrade", old)
    older = f"{old}/store.before-upgrade"
    records = done.pop("records")
    assert done == {"path": str(old), "before": 1, "after": 2, "older": older}
    assert records > 100
    status = document("node", "status", old)
    assert (status["height"], status["block"]) == (FACTS["height"], FACTS["block"])
    assert status["waiting"] == 1
    assert "valid" in invoke("chain", "verify", "--ledger", old).stdout
    assert document("tx", "link", "a", "b", "--ledger", old, "--key", "alice")["code"] == "ok"


def test_what_was_done_is_said(invoke: Invoke, document: Document, old: Path) -> None:
    said = invoke("node", "upgrade", old).stderr
    assert f"{old}: store format 1 → 2, " in said
    assert "--undo goes back to it" in said
    assert "has store format 2 already" in invoke("node", "upgrade", old).stderr
    assert document("node", "upgrade", old)["records"] == 0


def test_it_goes_back_until_a_block_is_made(
    invoke: Invoke, document: Document, old: Path, new_key: NewKey
) -> None:
    new_key("alice")
    invoke("node", "upgrade", old)
    assert document("node", "upgrade", old, "--undo") == {"path": str(old), "format": 1}
    assert "node upgrade" in invoke("node", "status", old, code=ExitCode.FILE).stderr
    invoke("node", "upgrade", old)
    invoke("tx", "link", "a", "b", "--ledger", old, "--key", "alice")
    said = invoke("node", "upgrade", old, "--undo", code=ExitCode.FILE).stderr
    assert "undoing would lose them" in said


def test_the_old_store_is_deleted(invoke: Invoke, document: Document, old: Path) -> None:
    invoke("node", "upgrade", old)
    (old / "store.upgrading").mkdir()
    cut_off = invoke("node", "upgrade", old, "--discard", code=ExitCode.FILE)
    assert "an upgrade is being made, or was cut off" in cut_off.stderr
    (old / "store.upgrading").rmdir()
    gone = document("node", "upgrade", old, "--discard")
    assert gone == {"path": str(old), "discarded": f"{old}/store.before-upgrade"}
    assert sorted(path.name for path in old.iterdir()) == ["spool", "store"]
    for word in ("--discard", "--undo"):
        said = invoke("node", "upgrade", old, word, code=ExitCode.FILE).stderr
        assert "no store from before an upgrade" in said
    invoke("node", "upgrade", old, "--discard", "--undo", code=ExitCode.USAGE)


def test_who_forgets_deletes_the_old_store(invoke: Invoke, old: Path, new_key: NewKey) -> None:
    new_key("alice")
    invoke("node", "upgrade", old)
    text = making.TEXTS["one"].decode()
    invoke("forget", text, "--ledger", old, "--key", "alice")
    assert not (old / "store.before-upgrade").exists()
    for path in old.rglob("*"):
        assert path.is_dir() or making.TEXTS["one"] not in path.read_bytes()


def test_beside_a_writer_it_is_refused(invoke: Invoke, old: Path) -> None:
    invoke("node", "upgrade", old)
    with closing(LmdbStore(old / "store")):
        said = invoke("node", "upgrade", old, "--undo", code=ExitCode.FILE).stderr
    assert "is writing to" in said


def test_a_newer_store_is_refused_by_name(
    invoke: Invoke, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoke("node", "upgrade", old)
    monkeypatch.setattr(formats, "FORMAT", 1)
    for words in (("node", "status"), ("node", "upgrade")):
        said = invoke(*words, old, code=ExitCode.FILE).stderr
        assert "store format 2; this focusmesh works with 1: install a newer focusmesh" in said
