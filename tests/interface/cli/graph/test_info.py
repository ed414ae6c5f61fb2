"""``focusmesh info``: counts of everything, and where the bytes are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.engine.links import list_sections
from tests.interface.cli.conftest import written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

LABELLED = """source,target,weight,relation,author
a,b,2,cites,ann
a,b,1,extends,bob
b,c,4,cites,ann
c,c,1,cites,ann
"""


def test_json_counts_everything(document: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    found = document("info", written(tmp_path / "g.csv", LABELLED))
    counts = {name: found[name] for name in ("particles", "links", "axons", "dangling", "isolated")}
    assert counts == {"particles": 3, "links": 4, "axons": 2, "dangling": 1, "isolated": 0}
    assert found["weights"] == {"smallest": 1.0, "median": 1.5, "largest": 4.0}
    assert found["relations"] == [{"name": "cites", "links": 3}, {"name": "extends", "links": 1}]
    assert found["authors"] == [{"name": "ann", "links": 3}, {"name": "bob", "links": 1}]
    assert "file" not in found


def test_a_saved_graph_shows_its_sections(
    invoke: Invoke, document: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    saved = tmp_path / "g.focusmesh"
    invoke("import", written(tmp_path / "g.csv", LABELLED), "-o", saved)
    found = document("info", saved, "--verify")
    assert found["file"]["bytes"] == saved.stat().st_size
    assert found["file"]["verified"] is True
    assert sum(section["bytes"] for section in found["file"]["sections"]) <= found["file"]["bytes"]
    shown = invoke("info", saved)
    for section in found["file"]["sections"]:
        assert section["name"] in shown.stdout
    assert "digest" in invoke("info", saved, "--verify").stderr


def test_verify_finds_a_changed_byte(invoke: Invoke, edges: Path, tmp_path: Path) -> None:
    saved = tmp_path / "g.focusmesh"
    invoke("import", edges, "-o", saved)
    content, last = bytearray(saved.read_bytes()), list_sections(saved)[-1]
    content[last.offset] ^= 1
    saved.write_bytes(content)
    done = invoke("info", saved, "--verify", code=4)
    assert "g.focusmesh" in done.stderr
    assert done.stdout == ""
