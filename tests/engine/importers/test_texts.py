"""Tables and JSON lines with texts: of the sources of links, and of particles that they describe."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from focusmesh.engine.graph import Graph
from focusmesh.engine.importers import read_links
from focusmesh.engine.importers.formats.delimited import Delimited
from focusmesh.engine.importers.text_rows.rows import plain_rows
from focusmesh.engine.importers.text_rows.text_large import compiled_rows
from focusmesh.engine.links import RowLayout
from focusmesh.engine.links.tables.roles import describing_roles
from focusmesh.errors import InputError, ParameterError
from tests.engine.importers.files import faults_of, links_of, read_text, texts_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Needs

names = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=6)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)
described = st.dictionaries(names.map(lambda name: f"n{name}"), texts, min_size=1, max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it only imports
@given(pairs=described, suffix=st.sampled_from(["csv", "tsv", "jsonl", "parquet"]))
def test_what_is_described_is_read(
    tmp_path_factory: pytest.TempPathFactory, needs: Needs, pairs: dict[str, str], suffix: str
) -> None:
    path = tmp_path_factory.mktemp("described") / f"a.{suffix}"
    if suffix == "parquet":
        frame = needs("pandas").DataFrame({"id": list(pairs), "body": list(pairs.values())})
        frame.to_parquet(path)
    elif suffix == "jsonl":
        lines = [json.dumps({"name": name, "text": text}) for name, text in pairs.items()]
        path.write_text("\n".join(lines))
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            delimiter = "\t" if suffix == "tsv" else ","
            writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
            writer.writerow(["key", "content"])
            writer.writerows(pairs.items())
    columns, report = read_links(path, strict=True)
    columns.verify()
    assert texts_of(columns) == pairs
    assert len(columns) == 0
    assert report.bad_count == 0


LINKS = "source,target,text\na,b,\nb,c,of b\na,c,of a\na,a,later\n,c,nobody\n"


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_text_beside_a_link_is_that_of_its_source(
    tmp_path: Path, needs: Needs, suffix: str
) -> None:
    rows = [line.split(",") for line in LINKS.splitlines()[1:]]
    if suffix == "csv":
        (tmp_path / "a.csv").write_text(LINKS)
    elif suffix == "jsonl":
        found = [dict(zip(("source", "target", "text"), row, strict=True)) for row in rows]
        (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, found)))
    else:
        frame = needs("pandas").DataFrame(rows, columns=["source", "target", "text"])
        frame.to_parquet(tmp_path / "a.parquet")
    columns, report = read_links(tmp_path / f"a.{suffix}")
    assert links_of(columns) == [("a", "b", 1), ("b", "c", 1), ("a", "c", 1), ("a", "a", 1)]
    assert texts_of(columns) == {"a": "of a", "b": "of b", "c": ""}
    assert report.bad_count == 1


def test_json_lines_may_have_links_and_descriptions_in_any_order(tmp_path: Path) -> None:
    objects: list[Any] = [
        {"particle": "a", "text": "first"},
        {"source": "a", "target": "b", "weight": 2},
        {"particle": "b", "text": None},
        {"source": "c", "target": "a", "text": "of c"},
        ["c", "d", 3],
        {"particle": "a", "text": "too late"},
        {"particle": "e", "text": 5},
        {"source": "f"},
        {"particle": "g", "target": None, "text": "of g"},
    ]
    content = "\n".join(map(json.dumps, objects))
    columns, report = read_text(tmp_path, "a.jsonl", content)
    assert links_of(columns) == [("a", "b", 2), ("c", "a", 1), ("c", "d", 3)]
    assert texts_of(columns) == {"a": "first", "b": "", "c": "of c", "d": "", "g": "of g"}
    assert [line for line, _ in faults_of(report)] == [7, 8]


def test_columns_say_which_is_the_text(tmp_path: Path) -> None:
    table = "word,gloss,note\nloaf,large,x\noven,,y\n"
    asked = {"source": "word", "text": "gloss"}
    columns, _ = read_text(tmp_path, "a.csv", table, columns=asked)
    assert texts_of(columns) == {"loaf": "large", "oven": ""}
    lines = '{"word":"loaf","gloss":"large","note":1}\n{"word":"oven","gloss":""}\n'
    columns, _ = read_text(tmp_path, "a.jsonl", lines, columns=asked)
    assert texts_of(columns) == {"loaf": "large", "oven": ""}
    links = "from,to,gloss\n1,2,one\n"
    columns, _ = read_text(tmp_path, "b.csv", links, columns={"text": "gloss"})
    assert texts_of(columns) == {1: "one", 2: ""}
    with pytest.raises(InputError, match="no column 'gloss'"):
        read_text(tmp_path, "c.csv", "from,to\na,b\n", columns={"text": "gloss"})
    with pytest.raises(ParameterError, match="text"):
        read_links(tmp_path / "c.csv", columns={"gloss": "text"})


def test_a_graph_file_may_say_which_attribute_is_the_text(tmp_path: Path) -> None:
    content = (
        'graph [ node [ id 1 label "one" note "long" ] node [ id 2 ] edge [ source 1 target 2 ] ]'
    )
    for asked, text in ((None, "one"), ({"text": "note"}, "long")):
        columns, _ = read_text(tmp_path, "a.gml", content, columns=asked)
        assert texts_of(columns) == {1: text, 2: ""}


def test_which_tables_describe_particles() -> None:
    assert describing_roles(["id", "source", "text"], {}, "t") == {"text": 2, "source": 0}
    assert describing_roles(["Name", "Body", "type"], {}, "t") == {"text": 1, "source": 0}
    assert describing_roles(["from", "description"], {}, "t") == {"text": 1, "source": 0}
    for others in (["source", "target", "text"], ["id", "type"], ["text"], ["a", "b"]):
        assert describing_roles(others, {}, "t") is None


PIECES = ["a", "b,", '"q ""x"""', ",", "\n", '"two\nlines"', "é", ",,", '"open', "\r\n"]


@given(content=st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_compiled_rows_are_plain_ones(content: str) -> None:
    described = Delimited(RowLayout(source=0, target=0, text=1, fewest=2, most=2), b",")
    data = content.encode()
    (plain, used), (compiled, done) = (
        plain_rows(described, data, final=False),
        compiled_rows(described, data, final=False, integers=False),
    )
    assert done <= used
    if done == used:
        assert _listed(plain) == _listed(compiled)
        assert (plain.line_count, sorted(plain.bad)) == (compiled.line_count, sorted(compiled.bad))


def _listed(rows: Any) -> list[list[bytes]]:
    found = []
    for tokens in (rows.endpoints, *rows.labels):
        raw = tokens.buffer.tobytes()
        spans = zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True)
        found.append([raw[start:end] for start, end in spans])
    return found


def test_texts_come_from_a_file_beside_the_graph(tmp_path: Path) -> None:
    (tmp_path / "links.csv").write_text("from,to\n1,2\n2,3\n")
    (tmp_path / "texts.csv").write_text("id,text\n1,one\n9,nine\nx,ex\n,none\n3,\n")
    graph = Graph.read(tmp_path / "links.csv")
    report = graph.read_texts(tmp_path / "texts.csv")
    assert report.bad_count == 1
    assert {name: graph.text(name) for name in graph.particles} == {
        1: "one", 2: "", 3: "", "9": "nine", "x": "ex"}  # fmt: skip
    with pytest.raises(InputError, match="has no texts"):
        graph.read_texts(tmp_path / "links.csv")
    named = Graph.from_edges(["1", "a"], ["a", "b"])
    (tmp_path / "numbers.csv").write_text("id,text\n1,one\n")
    named.read_texts(tmp_path / "numbers.csv")
    assert named.text("1") == "one"
    assert 1 not in named.particles


def test_many_texts_are_set_at_once() -> None:
    graph = Graph.from_edges(["a", "b"], ["b", "c"])
    graph.set_texts({"a": "one", "z": "new", "b": ""})
    assert list(graph.texts or ()) == ["one", "", "", "new"]
    with pytest.raises(InputError, match="must be a str"):
        graph.set_texts({"a": "x", "b": 3})  # type: ignore[dict-item]
    assert graph.text("a") == "one"
    with pytest.raises(InputError, match="cannot name"):
        graph.set_text(None, "x")


def test_the_column_of_particles_may_be_called_that(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text("uid,gloss\n1,a loaf\n", encoding="utf-8")
    for role in ("particle", "source"):
        graph = Graph.read(tmp_path / "nodes.csv", columns={role: "uid", "text": "gloss"})
        assert (list(graph.particles), graph.text(1)) == ([1], "a loaf")
    with pytest.raises(ParameterError, match="leave one out"):
        Graph.read(tmp_path / "nodes.csv", columns={"particle": "uid", "source": "uid"})
