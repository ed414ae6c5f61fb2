"""Particles called by their labels: ids behind those that several have, and nothing else changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.engine.importers import read_links
from focusmesh.engine.links import LinkColumns, Names, call_by_labels
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from pathlib import Path

GRAPHML = """<graphml><key id="l" for="node" attr.name="label"/><key id="t" for="node" attr.name="text"/>
<graph edgedefault="directed">
<node id="n0"><data key="l">Paris</data><data key="t">a city</data></node>
<node id="n1"><data key="l">Paris</data></node><node id="n2"><data key="l"> Lyon
 sur Rhône </data></node><node id="n3"/>
<edge source="n0" target="n2"/><edge source="n1" target="n3"/></graph></graphml>"""
GEXF = """<gexf><graph defaultedgetype="directed"><nodes><node id="n0" label="Paris"/><node id="n1" label="Paris"/>
<node id="n2" label="Lyon sur Rhône"/><node id="n3"/></nodes>
<edges><edge source="n0" target="n2"/><edge source="n1" target="n3"/></edges></graph></gexf>"""
GML = """graph [ directed 1 node [ id 0 label "Paris" ] node [ id 1 label "Paris" ]
node [ id 2 label "Lyon sur Rhône" ] node [ id 3 ]
edge [ source 0 target 2 ] edge [ source 1 target 3 ] ]"""
TEXT = st.text("ab ()1", max_size=4)


@pytest.mark.parametrize(
    ("suffix", "content", "prefix"),
    [("graphml", GRAPHML, "n"), ("gexf", GEXF, "n"), ("gml", GML, "")],
)
def test_files_of_nodes(tmp_path: Path, suffix: str, content: str, prefix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_text(content, encoding="utf-8")
    graph = Graph.read(path, names="label")
    first, second = f"Paris ({prefix}0)", f"Paris ({prefix}1)"
    assert list(graph) == [first, second, "Lyon sur Rhône", f"{prefix}3"]
    assert graph.weight(first, "Lyon sur Rhône") == graph.weight(second, f"{prefix}3") == 1
    assert graph.text("Lyon sur Rhône") in (f"{prefix}2", " Lyon\n sur Rhône ", "Lyon\n sur Rhône")
    assert graph.text(second) == f"{prefix}1"
    ids = Graph.read(path)
    assert [str(name) for name in ids] == [f"{prefix}{number}" for number in range(4)]
    assert (graph.focus().scores == ids.focus().scores).all()


def test_resources(tmp_path: Path) -> None:
    label, name = "http://www.w3.org/2000/01/rdf-schema#label", "http://xmlns.com/foaf/0.1/name"
    statements = [
        ("e:1", label, '"Wien"@de'),
        ("e:1", label, '"Vienna"@en'),
        ("e:2", name, '"Ada"'),
        ("e:2", label, '"Ada Lovelace"@fr'),
        ("e:3", label, '"3"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ("e:2", "e:in", "<e:1>"),
        ("_:b", label, '"Vienna"@en'),
    ]
    path = tmp_path / "a.nt"
    lines = [
        f"{subject if subject.startswith('_') else f'<{subject}>'} <{predicate}> {thing} .\n"
        for subject, predicate, thing in statements
    ]
    path.write_text("".join(lines), encoding="utf-8")
    graph = Graph.read(path, names="label")
    assert graph.weight("Ada Lovelace", "Vienna (e:1)") == 1
    assert graph.text("Ada Lovelace") == "e:2"
    assert {"Vienna (_:b)", "e:3", '"Wien"@de'} <= set(graph)
    assert graph.link_count == len(statements)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=6, unique_by=lambda pair: pair[0]))
def test_names_stay_distinct_whatever_labels_say(pairs: list[tuple[str, str]]) -> None:
    ids, labels = [name for name, _ in pairs], [label for _, label in pairs]
    nothing = np.zeros(0, dtype=np.uint32)
    columns = LinkColumns(Names.of(ids), nothing, nothing)
    called = call_by_labels(columns, labels)
    assert len(called.particles) == len(set(called.particles)) == len(ids)
    for name, label, now in zip(ids, labels, called.particles, strict=True):
        assert now in (label or name, f"{label or name} ({name})")


def test_where_there_are_no_labels_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n")
    with pytest.raises(ParameterError, match="csv has no labels beside its names"):
        read_links(tmp_path / "a.csv", names="label")
    Graph.from_edges([("a", "b")]).save(tmp_path / "a.focusmesh")
    with pytest.raises(InputError, match="has its names"):
        Graph.read(tmp_path / "a.focusmesh", names="label")
    with pytest.raises(ParameterError, match="'id' or 'label', not 'name'"):
        Graph.read(tmp_path / "a.csv", names="name")
