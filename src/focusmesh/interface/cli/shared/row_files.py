"""Rows on their way into a file: links, scores or texts, in text formats and, through the extra, in Arrow ones."""

from __future__ import annotations

import csv
import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from focusmesh.errors import MissingExtraError, UnsupportedFormatError
from focusmesh.interface.cli.shared.particle_names import in_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from focusmesh.engine.focus import Focus
    from focusmesh.engine.graph import Graph
    from focusmesh.engine.links import LinkColumns
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.tuning import Proposal

_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True)
class Records:
    """``count`` rows under ``columns``: as Python values, or as one Arrow table."""

    columns: tuple[str, ...]
    count: int
    rows: Callable[[], Iterator[tuple[Any, ...]]]
    arrow: Callable[[], Any]


def link_records(graph: Graph) -> Records:
    """One row a link: its ends, its weight, and what else the links of the graph have."""
    links = graph.links()
    present = [name for name in ("relation", "author", "time") if getattr(links, name) is not None]
    columns = ("source", "target", "weight", *present)
    return Records(columns, len(links), lambda: _link_rows(links), graph.to_table)


def score_records(focus: Focus) -> Records:
    """One row a particle, the most important first."""
    order = focus.order()
    scores = focus.scores[order]

    def names() -> list[str | int]:
        return [in_json(focus.particles[at]) for at in order.tolist()]

    def rows() -> Iterator[tuple[Any, ...]]:
        return zip(itertools.count(1), names(), scores.tolist(), strict=False)

    return Records(
        ("rank", "particle", "score"), len(order), rows, lambda: _score_table(names(), scores)
    )


def text_records(graph: Graph) -> Records:
    """One row a particle that has a text, in the order of the graph."""
    texts = graph.links().texts or ()
    pairs = zip(graph.particles, texts, strict=False)
    rows = [(in_json(name), str(text)) for name, text in pairs if text != ""]
    return Records(("particle", "text"), len(rows), lambda: iter(rows), lambda: _text_table(rows))


def _text_table(rows: list[tuple[str | int, str]]) -> Any:
    import arro3.core as core

    texts = core.Array([text for _, text in rows], type=core.DataType.large_utf8())
    return core.Table.from_pydict({"particle": _names([name for name, _ in rows]), "text": texts})


def proposal_records(proposals: Sequence[Proposal]) -> Records:
    """One row a proposed link, strongest first: its ends, its relation and weight, and why it is proposed."""

    def rows() -> Iterator[tuple[Any, ...]]:
        for each in proposals:
            ends = in_json(each.source), in_json(each.target)
            yield (*ends, in_json(each.relation), each.weight, each.why)

    columns = ("from", "to", "relation", "weight", "why")
    return Records(columns, len(proposals), rows, lambda: None)


def _score_table(names: list[str | int], scores: FloatArray) -> Any:
    """The Arrow table of ranked scores."""
    import arro3.core as core
    import numpy as np

    return core.Table.from_pydict(
        {
            "rank": core.Array.from_numpy(np.arange(1, len(names) + 1, dtype=np.int64)),
            "particle": _names(names),
            "score": core.Array.from_numpy(scores),
        }
    )


def _names(names: list[str | int]) -> Any:
    """The Arrow column of names: integers where all of them are."""
    import arro3.core as core

    integers = all(type(name) is int for name in names)
    kind = core.DataType.int64() if integers else core.DataType.large_utf8()
    return core.Array(names if integers else [str(name) for name in names], type=kind)


def _link_rows(links: LinkColumns) -> Iterator[tuple[Any, ...]]:
    """Python values of the links, some thousands at a time."""
    particles = [in_json(name) for name in links.particles]
    relations = [in_json(name) for name in links.relations or ()]
    authors = [in_json(name) for name in links.authors or ()]
    for start in range(0, len(links), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        values: list[Iterable[Any]] = [
            (particles[i] for i in links.source[part].tolist()),
            (particles[i] for i in links.target[part].tolist()),
            itertools.repeat(1.0, len(links.source[part]))
            if links.weight is None
            else links.weight[part].tolist(),
        ]
        if links.relation is not None:
            values.append(relations[i] for i in links.relation[part].tolist())
        if links.author is not None:
            values.append(authors[i] for i in links.author[part].tolist())
        if links.time is not None:
            values.append(links.time[part].tolist())
        yield from zip(*values, strict=True)


def _write_separated(path: Path, records: Records, delimiter: str) -> None:
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(records.columns)
        # Without quotes, blanks around a field are no part of it.
        quoting = csv.writer(file, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for row in records.rows():
            bare = any(isinstance(cell, str) and cell != cell.strip(" \t") for cell in row)
            (quoting if bare else writer).writerow(row)


def _write_csv(path: Path, records: Records) -> None:
    _write_separated(path, records, ",")


def _write_tsv(path: Path, records: Records) -> None:
    _write_separated(path, records, "\t")


def _write_json_lines(path: Path, records: Records) -> None:
    with path.open("w", encoding="utf-8", errors="surrogatepass") as file:
        for row in records.rows():
            item = dict(zip(records.columns, row, strict=True))
            file.write(json.dumps(item, ensure_ascii=False) + "\n")


def _write_parquet(path: Path, records: Records) -> None:
    _arrow_io().write_parquet(records.arrow(), path)


def _write_arrow(path: Path, records: Records) -> None:
    _arrow_io().write_ipc(records.arrow(), path)


def _arrow_io() -> Any:
    try:
        import arro3.io
    except ImportError as error:
        raise MissingExtraError("arrow", "writing Parquet or Arrow files") from error
    return arro3.io


_TEXT_WRITERS: dict[str, Callable[[Path, Records], None]] = {
    ".csv": _write_csv,
    ".tsv": _write_tsv,
    ".jsonl": _write_json_lines,
}
_ARROW_WRITERS: dict[str, Callable[[Path, Records], None]] = {
    ".parquet": _write_parquet,
    ".arrow": _write_arrow,
}


def writer_for(path: Path) -> Callable[[Path, Records], None]:
    """What writes a file of this suffix; raises UnsupportedFormatError or MissingExtraError at once."""
    suffix = path.suffix.lower()
    if suffix in _ARROW_WRITERS:
        _arrow_io()
        return _ARROW_WRITERS[suffix]
    if suffix not in _TEXT_WRITERS:
        from focusmesh.engine.exporters import WHOLE_GRAPH_SUFFIXES

        known = ", ".join([*_TEXT_WRITERS, *_ARROW_WRITERS, *WHOLE_GRAPH_SUFFIXES])
        raise UnsupportedFormatError(
            f"{path}: no export format for {suffix or 'no suffix'!r}; known: {known}"
        )
    return _TEXT_WRITERS[suffix]
