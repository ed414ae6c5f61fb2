"""The examples of the reference page have the keys that the ledger's commands print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.interface.cli.test_reference import shape, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("keys new", ("keys", "show", "alice")),
        ("keys list", ("keys", "list")),
        ("node status", ("node", "status", "ledger")),
        ("node backup", ("node", "backup", "ledger", "-o", "monday")),
        ("node restore", ("node", "restore", "sunday", "again")),
        ("tx link", ("tx", "link", "c", "a")),
        ("query rank", ("query", "rank")),
        ("query link", ("query", "link", "a", "b")),
        ("query account", ("query", "account", "alice")),
        ("chain verify", ("chain", "verify")),
        ("chain export", ("chain", "export", "-o", "memory.chain")),
        ("chain import", ("chain", "import", "first.chain", "--ledger", "copy")),
        ("state diff", ("state", "diff", "ledger@1", "ledger")),
    ],
)
@pytest.mark.usefixtures("ledger")
def test_the_examples_have_the_keys_of_the_program(
    document: Callable[..., dict[str, Any]],
    invoke: Invoke,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    invoke("tx", "link", "a", "b", "2")
    invoke("tx", "link", "b", "c")
    invoke("chain", "export", "-o", "first.chain")
    invoke("node", "backup", "ledger", "-o", "sunday")
    assert shape(document(*words)) == shape(shown(command))
