"""The memory server's file: known by its shape, read line by line, bad lines named."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.engine.links import OBSERVATION, TYPE
from focusmesh.errors import BadLineError, InputError
from focusmesh.ids import digest, to_cid

if TYPE_CHECKING:
    from pathlib import Path

ADA = {"type": "entity", "name": "Ada", "entityType": "person", "observations": ["likes tea"]}
KNOWS = {"type": "relation", "from": "Ada", "to": "Bob", "relationType": "knows"}
LONG = "tea " * 2_000


def lines(*items: object) -> bytes:
    """As the memory server writes them: no end of line at the end."""
    return "\n".join(json.dumps(item, separators=(",", ":")) for item in items).encode()


def read(path: Path, content: bytes) -> Graph:
    path.write_bytes(content)
    return Graph.read(path)


@pytest.mark.parametrize("name", ["memory.jsonl", "anything.jsonl", "memory.json"])
def test_entities_and_relations_become_links(tmp_path: Path, name: str) -> None:
    graph = read(tmp_path / name, lines(ADA, KNOWS))
    assert graph.report is not None
    assert (graph.report.format, graph.report.line_count, graph.report.bad_count) == (
        "memory",
        2,
        0,
    )
    assert [link.relation for link in graph.between("Ada", "person")] == [TYPE]
    assert [link.relation for link in graph.between("Ada", "likes tea")] == [OBSERVATION]
    assert [link.relation for link in graph.between("Ada", "Bob")] == ["knows"]


def test_a_compressed_file_is_known_too(tmp_path: Path) -> None:
    graph = read(tmp_path / "memory.jsonl.gz", gzip.compress(lines(KNOWS)))
    assert graph.link_count == 1


def test_what_is_said_twice_is_one_link(tmp_path: Path) -> None:
    graph = read(tmp_path / "m.jsonl", lines(ADA, ADA, KNOWS, KNOWS))
    assert graph.link_count == 3
    assert graph.weight("Ada", "Bob") == 1.0


def test_a_long_observation_is_a_text(tmp_path: Path) -> None:
    graph = read(tmp_path / "m.jsonl", lines(ADA | {"observations": [LONG]}))
    assert graph.text(to_cid(digest(LONG.encode()))) == LONG


def test_bad_lines_are_counted_and_named(tmp_path: Path) -> None:
    bad = [
        b'{"type":"entity","name":"x"}',
        b"{",
        b'{"type":"other"}',
        b"\xff",
        lines(ADA | {"name": "é" * 3_000}),
    ]
    content = b"\n".join([lines(ADA), *bad, b"", lines(KNOWS)])
    graph = read(tmp_path / "m.jsonl", content)
    assert graph.report is not None
    assert [line.line for line in graph.report.bad] == [2, 3, 4, 5, 6]
    assert (graph.report.line_count, graph.link_count) == (8, 3)
    with pytest.raises(BadLineError, match=r"m\.jsonl:2: "):
        Graph.read(tmp_path / "m.jsonl", strict=True)


def test_other_json_is_left_to_who_reads_it(tmp_path: Path) -> None:
    graph = read(tmp_path / "links.jsonl", b'{"source":"a","target":"b"}\n')
    assert graph.report is not None
    assert graph.report.format == "json-lines"
    with pytest.raises(InputError, match="not node-link JSON"):
        read(tmp_path / "some.json", b'{"a": 1}')
    assert (
        read(
            tmp_path / "some.json", b'{ "type": "relation", "from":"a","to":"b","relationType":"c"}'
        ).link_count
        == 1
    )


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("memory") / "m.jsonl"
    path.write_bytes(lines(KNOWS) + b"\n" + content)
    graph = Graph.read(path, format="memory")
    assert graph.report is not None
    assert graph.link_count >= 1
