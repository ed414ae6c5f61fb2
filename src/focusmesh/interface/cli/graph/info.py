"""``focusmesh info``: what is in a graph, and where its bytes are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.interface.cli.shared.graph_input import is_saved, read_graph
from focusmesh.interface.cli.shared.options import GraphArgument, Output, Reading, command
from focusmesh.interface.cli.shared.particle_names import in_json, shown_name
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, visible

if TYPE_CHECKING:
    from focusmesh.engine.graph import Graph
    from focusmesh.engine.links import Names, Properties
    from focusmesh.engine.support.arrays import IndexArray

Verify = Annotated[
    bool, typer.Option("--verify", help="Check the digest of every section of a graph file.")
]
_LABELS_SHOWN = 12


@command
def info(graph: GraphArgument, reading: Reading, output: Output, verify: Verify = False) -> None:
    """Count particles, links, relations, authors and bytes of GRAPH."""
    screen = Screen(output)
    loaded = read_graph(graph, reading, screen, verify=verify)
    document = {"path": graph, **info_document(loaded)}
    if is_saved(graph, reading):
        document["file"] = file_document(graph, verified=verify)
    if screen.as_json:
        screen.document(document)
    else:
        show_info(document, screen)


def info_document(graph: Graph) -> dict[str, Any]:
    """Counts of everything; relations and authors by how many links name them, most first."""
    import numpy as np

    links, structure = graph.links(), graph.structure
    weights = None
    if links.weight is not None and len(links):
        low, middle, high = np.quantile(links.weight, (0.0, 0.5, 1.0)).tolist()
        weights = {"smallest": low, "median": middle, "largest": high}
    return {
        "particles": graph.particle_count,
        "links": graph.link_count,
        "axons": graph.axon_count,
        "dangling": graph.particle_count - structure.linking_count,
        "isolated": int(np.count_nonzero(structure.degree_total == 0)),
        "names": graph.particles.kind,
        "texts": 0 if graph.texts is None else sum(text != "" for text in graph.texts),
        "properties": _property_counts(links.properties),
        "weights": weights,
        "relations": _link_counts(links.relations, links.relation),
        "authors": _link_counts(links.authors, links.author),
        "memory_bytes": structure.nbytes,
    }


def _property_counts(found: Properties | None) -> dict[str, Any]:
    """How many particles, and links, have a property of each key, and how many particles each label of their own."""
    if found is None:
        return {"particles": {}, "links": {}, "labels": {}}
    tables = {"particles": found.particles, "links": found.links.table}
    counts: dict[str, Any] = {
        of: {key: sum(map(len, columns)) for key, columns in table.columns.items()}
        for of, table in tables.items()
    }
    return {
        **counts,
        "labels": {each: len(found.labels.owners_of(each)) for each in found.labels.names},
    }


def file_document(path: str, *, verified: bool) -> dict[str, Any]:
    """The sections of a graph file in the order in which they lie, and their bytes."""
    from focusmesh.engine.links import list_sections

    return {
        "bytes": Path(path).stat().st_size,
        "verified": verified,
        "sections": [
            {"name": section.name, "type": section.dtype, "bytes": section.length_bytes}
            for section in list_sections(path)
        ],
    }


def show_info(document: dict[str, Any], screen: Screen) -> None:
    """The same as tables."""
    facts = [
        (what.removesuffix("_bytes"), f"{document[what]:,}" + (" bytes" if "bytes" in what else ""))
        for what in ("particles", "links", "axons", "dangling", "isolated", "texts", "memory_bytes")
    ]
    weights = document["weights"] or {"smallest": 1.0, "median": 1.0, "largest": 1.0}
    facts += [(f"{what} weight", f"{value:g}") for what, value in weights.items()]
    screen.table([Column(document["path"]), Column("", right=True, style="bold")], facts)
    for title in ("relations", "authors"):
        if document[title]:
            _show_counts(title, document[title], screen)
    for title, counted in document["properties"].items():
        what = "label" if title == "labels" else f"property of {title}"
        rows = [(visible(key), f"{count:,}") for key, count in counted.items()]
        more = [(f"… {len(rows) - _LABELS_SHOWN:,} more", "")] if len(rows) > _LABELS_SHOWN else []
        if rows:
            screen.lines([""])
            columns = [
                Column(what),
                Column("links" if title == "links" else "particles", right=True),
            ]
            screen.table(columns, rows[:_LABELS_SHOWN] + more)
    if "file" in document:
        _show_file(document["file"], screen)


def _show_counts(title: str, counted: list[dict[str, Any]], screen: Screen) -> None:
    rows = [(shown_name(item["name"]), f"{item['links']:,}") for item in counted[:_LABELS_SHOWN]]
    if len(counted) > _LABELS_SHOWN:
        rows.append((f"… {len(counted) - _LABELS_SHOWN:,} more", ""))
    screen.lines([""])
    screen.table([Column(title), Column("links", right=True)], rows)


def _show_file(file: dict[str, Any], screen: Screen) -> None:
    sections = [
        (section["name"], section["type"], f"{section['bytes']:,}") for section in file["sections"]
    ]
    screen.lines([""])
    screen.table(
        [Column("section"), Column("type", style="dim"), Column("bytes", right=True)],
        [*sections, ("file", "", f"{file['bytes']:,}")],
    )
    if file["verified"]:
        screen.narrate("every section has the digest that it was written with")


def _link_counts(names: Names | None, column: IndexArray | None) -> list[dict[str, Any]] | None:
    """How many links each name is on, None where links have none."""
    import numpy as np

    if names is None or column is None:
        return None
    times = np.bincount(column, minlength=len(names))
    order = np.argsort(-times, kind="stable").tolist()
    return [{"name": in_json(names[i]), "links": int(times[i])} for i in order]
