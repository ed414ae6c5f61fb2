"""Mutated files, 300 a format: an error that names the file, bad lines that are told, or the graph that others read.

Others are pandas, NetworkX and Python's json: where one reads a mutated file without complaint and nothing was told
here, both have read the same links.
"""

from __future__ import annotations

import io
import json
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.engine.importers import read_links
from focusmesh.errors import FocusmeshError
from tests.engine.importers.files import links_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Measured, Needs

MUTANTS = 300
NAMES = ["ada", "bob", "cem", "dora", "e 5", "ü"]
LINKS = [
    (NAMES[at % 6], NAMES[at * at % 5], 0.25 * (at % 7) + 0.5)
    for at in range(12)
    if at % 6 != at * at % 5
]
PIECES = [
    b",",
    b";",
    b"\t",
    b" ",
    b'"',
    b"\n",
    b"\r",
    b"a",
    b"7",
    b".",
    b"-",
    b"\xff",
    b"\0",
    b"{",
    b"}",
]
Links = list[tuple[str, str, float]]


def mutated(data: bytes, random: Random) -> bytes:
    """``data`` with one or two pieces put in, taken out, moved or flipped."""
    for _ in range(random.choice((1, 1, 2))):
        at = random.randrange(len(data) + 1)
        length = random.choice((0, 1, 1, 2, 5, 20))
        other = random.randrange(len(data) + 1)
        piece = random.choice((random.choice(PIECES), b"", data[other : other + length]))
        data = data[:at] + piece + data[at + length :]
    return data


def by_pandas(data: bytes, pandas: Any) -> Links:
    frame = pandas.read_csv(
        io.BytesIO(data),
        dtype=str,
        keep_default_na=False,
        index_col=False,
        skipinitialspace=True,
        encoding_errors="strict",
    )
    columns = [frame[name] for name in ("source", "target", "weight")]
    return [(a.strip(" \t"), b.strip(" \t"), float(w)) for a, b, w in zip(*columns, strict=True)]


def by_json(data: bytes, _: Any) -> Links:
    found = [json.loads(line) for line in data.decode().split("\n") if line.strip()]
    return [
        (str(each["source"]), str(each["target"]), float(each.get("weight", 1))) for each in found
    ]


def by_edge_list(data: bytes, networkx: Any) -> Links:
    graph = networkx.parse_edgelist(
        data.decode().split("\n"), comments=None, create_using=networkx.MultiDiGraph
    )
    return [(a, b, float(found.get("weight", 1))) for a, b, found in graph.edges(data=True)]


def by_graph_file(reader: str) -> Callable[[bytes, Any], Links]:
    def read(data: bytes, networkx: Any) -> Links:
        graph = getattr(networkx, reader)(io.BytesIO(data))
        ways = list(graph.edges(data=True))
        if not graph.is_directed():
            ways += [(b, a, found) for a, b, found in ways if a != b]
        return [(str(a), str(b), float(found.get("weight", 1))) for a, b, found in ways]

    return read


def by_gml(data: bytes, networkx: Any) -> Links:
    graph = networkx.read_gml(io.BytesIO(data), label="id")
    ways = list(graph.edges(data=True))
    if not graph.is_directed():
        ways += [(b, a, found) for a, b, found in ways if a != b]
    return [(str(a), str(b), float(found.get("weight", 1))) for a, b, found in ways]


def by_drawing(reader: Callable[[Any, Any], Any]) -> Callable[[bytes, Any], Links]:
    """The links of a graph that NetworkX makes of parsed JSON."""

    def read(data: bytes, networkx: Any) -> Links:
        graph = reader(networkx, json.loads(data))
        ways = list(graph.edges(data=True))
        if not graph.is_directed():
            ways += [(b, a, found) for a, b, found in ways if a != b]
        return [(str(a), str(b), float(found.get("weight", 1))) for a, b, found in ways]

    return read


def drawing_file(writer: Callable[[Any, Any], Any]) -> Callable[[Any], bytes]:
    def write(networkx: Any) -> bytes:
        graph = networkx.MultiDiGraph()
        graph.add_weighted_edges_from(LINKS)
        return json.dumps(writer(networkx, graph)).encode()

    return write


def csv_file(_: Any) -> bytes:
    rows = "".join(f'"{a}",{b},{w}\n' for a, b, w in LINKS)
    return f"source,target,weight\n{rows}".encode()


def json_file(_: Any) -> bytes:
    keys = ("source", "target", "weight")
    return "".join(json.dumps(dict(zip(keys, link, strict=True))) + "\n" for link in LINKS).encode()


def networkx_file(writer: str) -> Callable[[Any], bytes]:
    def write(networkx: Any) -> bytes:
        graph = networkx.MultiDiGraph()
        graph.add_weighted_edges_from(
            (a.replace(" ", "_"), b.replace(" ", "_"), w) for a, b, w in LINKS
        )
        made = io.BytesIO()
        getattr(networkx, writer)(graph, made)
        return made.getvalue()

    return write


FORMATS: dict[str, tuple[str, Callable[[Any], bytes], Callable[[bytes, Any], Links]]] = {
    "csv": ("pandas", csv_file, by_pandas),
    "jsonl": ("json", json_file, by_json),
    "edgelist": ("networkx", networkx_file("write_edgelist"), by_edge_list),
    "graphml": ("networkx", networkx_file("write_graphml"), by_graph_file("read_graphml")),
    "gml": ("networkx", networkx_file("write_gml"), by_gml),
    "json": (
        "networkx",
        drawing_file(lambda networkx, graph: networkx.node_link_data(graph, edges="links")),
        by_drawing(lambda networkx, found: networkx.node_link_graph(found, edges="links")),
    ),
    "cyjs": (
        "networkx",
        drawing_file(lambda networkx, graph: networkx.cytoscape_data(graph)),
        by_drawing(
            lambda networkx, found: networkx.cytoscape_graph(
                # Without these NetworkX takes a simple graph, and edges without direction.
                {"directed": True, **found, "multigraph": True}
            )
        ),
    ),
    "gexf": ("networkx", networkx_file("write_gexf"), by_graph_file("read_gexf")),
}


@pytest.mark.parametrize("suffix", FORMATS)
def test_never_a_wrong_graph_in_silence(
    tmp_path: Path, needs: Needs, measured: Measured, suffix: str
) -> None:
    package, write, read = FORMATS[suffix]
    peer = needs(package)
    whole, random, path = write(peer), Random(29), tmp_path / f"a.{suffix}"
    compared = told = 0
    for _ in range(MUTANTS):
        data = mutated(whole, random)
        path.write_bytes(data)
        try:
            columns, report = read_links(path)
        except FocusmeshError as error:
            assert str(path) in str(error)  # noqa: PT017
            told += 1
            continue
        if report.bad_count or report.warnings:
            assert all(bad.file == str(path) and bad.line >= 1 for bad in report.bad)
            told += 1
            continue
        expected = read_or_none(read, data, peer)
        if expected is not None:
            found = [(str(a), str(b), weight) for a, b, weight in links_of(columns)]
            assert sorted(found) == sorted(expected), data
            compared += 1
    measured(f"{suffix}: {told} told, {compared} compared of {MUTANTS}")
    assert told >= MUTANTS // 10
    assert compared >= MUTANTS // 10


def read_or_none(read: Callable[[bytes, Any], Links], data: bytes, peer: Any) -> Links | None:
    """What another reader makes of a file; None where it makes nothing of it."""
    try:
        return read(data, peer)
    except Exception:
        # Whatever another reader raises is its own way to refuse a file.
        return None
