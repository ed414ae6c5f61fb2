"""What the first question waits for is loaded before it comes, and changes no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from focusmesh import Graph
from focusmesh.errors import FocusmeshError
from focusmesh.interface.mcp import FileStore, Tools, store

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Needs

ASKED = {"question": "tea", "k": 3}


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    path = tmp_path / "memory.focusmesh"
    Graph.from_edges(["tea", "coffee", "sleep"], ["sleep", "sleep", "memory"]).save(path)
    return path


def test_a_prepared_memory_answers_alike(
    memory: Path, monkeypatch: pytest.MonkeyPatch, needs: Needs
) -> None:
    needs("tantivy")
    expected = Tools(FileStore(memory)).call("recall", ASKED)
    monkeypatch.setattr(store, "PREPARED_LINKS", 1)
    tools = Tools(FileStore(memory))
    tools.prepare()
    found = tools.call("recall", ASKED)
    assert found == expected
    moment = tools.store.moment()
    assert "_by_observation" in vars(moment.view)
    assert moment.graph.derived


@pytest.mark.parametrize("content", [b"", b"no graph", None])
def test_what_cannot_be_loaded_is_told_to_who_asks(
    memory: Path, content: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PREPARED_LINKS", 1)
    tools = Tools(FileStore(memory))
    if content is None:
        memory.unlink()
    else:
        memory.write_bytes(content)
    tools.prepare()
    if content is None:
        assert tools.call("recall", ASKED).data.items == []
    else:
        with pytest.raises(FocusmeshError):
            tools.call("recall", ASKED)
