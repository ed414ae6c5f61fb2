"""JSON that lists links: as pandas and Polars write it, by the tools themselves, and by hand."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.importers import read_links
from focusmesh.engine.importers.registry import importer_of
from focusmesh.errors import BadLineError, InputError
from tests.engine.importers.files import faults_of, links_of, read_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Needs

LINKS = [("a", "b", 2.5), ("b", "c", 1.0), ("c", "a", 0.5)]


def test_pandas_and_polars(tmp_path: Path, needs: Needs) -> None:
    pandas, polars = needs("pandas"), needs("polars")
    frame = pandas.DataFrame(LINKS, columns=["source", "target", "weight"])
    frame.to_json(tmp_path / "a.json", orient="records")
    frame.to_json(tmp_path / "b.json", orient="records", indent=2)
    frame.to_json(tmp_path / "c.json", orient="records", lines=True)
    frame.to_json(tmp_path / "d.json", orient="values")
    frame.to_json(tmp_path / "e.json.gz", orient="records")
    polars.from_pandas(frame).write_json(tmp_path / "f.json")
    polars.from_pandas(frame).write_ndjson(tmp_path / "g.json")
    for path in sorted(tmp_path.iterdir()):
        links, report = read_links(path, strict=True)
        assert links_of(links) == LINKS
        assert report.format == "json-records"
        assert report.warnings == ()
    frame.to_json(tmp_path / "z.json", orient="split")
    with pytest.raises(InputError, match="edges alone are read as a list of objects"):
        read_links(tmp_path / "z.json")


@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=4), st.integers(0, 9), st.floats(0, 9)), min_size=1
    ),
    st.sampled_from([None, 0, 3]),
    st.booleans(),
)
def test_a_list_says_what_its_lines_say(
    tmp_path_factory: Any, rows: list[tuple[str, int, float]], indent: int | None, escaped: bool
) -> None:
    folder = tmp_path_factory.mktemp("json")
    items = [{"source": a, "target": b, "weight": w} for a, b, w in rows if a.isprintable()]
    if not items:
        return
    listed = json.dumps(items, indent=indent, ensure_ascii=escaped)
    (folder / "a.json").write_text(listed, encoding="utf-8")
    (folder / "a.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    links, report = read_links(folder / "a.json")
    lines, told = read_links(folder / "a.jsonl")
    assert links_of(links) == links_of(lines)
    assert (report.line_count, report.bad_count) == (told.line_count, told.bad_count)


def test_a_bad_item_is_named_by_its_place(tmp_path: Path) -> None:
    items = [
        {"source": "a", "target": "b"},
        {"source": "b"},
        {"source": "c", "target": "d", "weight": -1},
        7,
    ]
    text = json.dumps(items, indent=1)  # fmt: skip
    links, report = read_text(tmp_path, "a.json", text)
    assert links_of(links) == [("a", "b", 1.0)]
    assert [line for line, _ in faults_of(report)] == [2, 3, 4]
    with pytest.raises(BadLineError, match=r"a\.json:2"):
        read_links(tmp_path / "a.json", strict=True)


def test_duplicate_keys_are_told(tmp_path: Path) -> None:
    _, report = read_text(tmp_path, "a.json", '[{"source":"a","source":"b","target":"c"}]')
    (told,) = report.warnings
    assert ":1: the key 'source' stands twice" in told


def test_descriptions_of_particles_are_texts(tmp_path: Path) -> None:
    text = '[{"source":"a","target":"b"},{"id":"a","text":"Ada"}]'
    links, _ = read_text(tmp_path, "a.json", text)
    assert links.texts is not None
    assert dict(zip(links.particles, links.texts, strict=True)) == {"a": "Ada", "b": ""}


KINDS = [
    ('[["a","b"]]', "json-records"),
    ('["a","b"]\n["b","c"]\n', "json-records"),
    ('{"source":"a","target":"b"}\n{"source":"b","target":"c"}\n', "json-records"),
    ('{"nodes":[{"id":"a"}],\n"links":[]}', "node-link"),
    ('{"elements":[]}', "cytoscape"),
    ('[{"data":{"id":"a"}},{"data":{"source":"a","target":"a"}}]', "cytoscape"),
    ('[\n {"group": "nodes", "data": {"id":"a"}}]', "cytoscape"),
    ('[{"source":"a","target":"b","data":{"x":1}}]', "json-records"),
    ('{"type":"entity","name":"a","entityType":"b","observations":[]}\n{"type":"relation"}', "memory"),
    ("[]", "node-link"),
    ("", "node-link"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "format"), KINDS)
def test_what_a_json_file_is_its_beginning_says(tmp_path: Path, text: str, format: str) -> None:
    (tmp_path / "a.json").write_text(text)
    assert importer_of(tmp_path / "a.json").name == format
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(text.encode()))
    assert importer_of(tmp_path / "b.json.gz").name == format


def test_a_list_of_cytoscape_elements(tmp_path: Path) -> None:
    text = (
        '[{"data":{"id":"a"}},{"data":{"id":"b"}},{"data":{"source":"a","target":"b","weight":2}}]'
    )
    links, _ = read_text(tmp_path, "a.json", text)
    assert links_of(links) == [("a", "b", 2.0)]


@pytest.mark.parametrize(
    "text", ["[", '[{"source":"a","target":"b"}', "[{}]", '[{"a":1}]', "[[1]]"]
)
def test_what_is_cut_or_says_nothing_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"a\.json"):
        read_text(tmp_path, "a.json", text)
