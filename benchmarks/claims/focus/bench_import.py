"""Importing: an edge list of integers, and links with names as CSV (packed too) and JSON lines, beside usual readers.

Each reads the head of the file first, so that what is loaded or compiled once is not charged; bench_start has that.
"""

from __future__ import annotations

import csv
import gzip
import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.data.graphs import FOLDER, Inputs, made
from benchmarks.harness import Result, Row, Target, interleaved, quotient, ratio, summary
from benchmarks.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_MEGABYTES, _LINKS = 80.0, 1.0
_NAMED_LINKS, _SLOW_LINKS = 2_000_000, 200_000
OWN = "focusmesh"
READERS = {
    OWN: "Own",
    "pandas": "Pandas",
    "PyArrow": "Arrow",
    "NetworKit": "NetworKit",
    "igraph": "IGraph",
    "NetworkX": "NetworkX",
}
_TABLES = (OWN, "pandas", "PyArrow")
"""Readers of every file of links with names."""
_SLOW = ("NetworkX",)
"""Readers that are given a shorter file; rates are compared."""


def measure(quick: bool) -> Result:
    """An edge list of R-MAT at scale 18; the words of Python's sources as CSV, as CSV within gzip, as JSON lines."""
    result = Result("import")
    graph = "rmat16" if quick else "rmat18"
    rates = _read("an edge list of integers", "integers", integers(graph), result)
    if not quick:
        result.targets.append(Target("edge list", _MEGABYTES, rates["MB"], "MB/s", at_least=True))
    names = _names("rmat16" if quick else "words")
    rates = _read("a CSV with names and weights", "names", names, result)
    if not quick:
        result.targets.append(
            Target("CSV with names", _LINKS, rates["links"], "M links/s", at_least=True)
        )
    _read("that CSV within gzip", "names", _packed(names), result, _TABLES, _size(names))
    _read("that as JSON lines", "names", _json_lines(names), result, _TABLES)
    return result


def _read(
    what: str,
    step: str,
    path: Path,
    result: Result,
    readers: Iterable[str] = tuple(READERS),
    told: tuple[int, int] | None = None,
) -> dict[str, float | None]:
    """Our own import alone is the figure that was promised; with the graph built it is a row of its own.

    ``told``: lines and bytes of a file whose own do not say how much it has.
    """
    sizes = {path: told or _size(path), _slow(path): _size(_slow(path))}
    workers = {name: Worker(f"benchmarks.peers.readers:{READERS[name]}") for name in readers}
    turns, files = dict[str, "Callable[[], float | None]"](), dict[str, Path]()
    try:
        for name, worker in workers.items():
            worker.ask(step, str(_slow(path)))
            file = _slow(path) if name in _SLOW else path
            files[name] = file
            turns[name] = worker.turn(step, str(file))
        own = f"{OWN}, graph and all"
        files[own] = path
        turns[own] = workers[OWN].turn("graph", str(path))
        times = interleaved(turns, rounds=5, seconds_each=4.0, at_least=1)
    finally:
        for name, worker in workers.items():
            if worker.missing:
                result.not_run[f"{name}, {what}"] = worker.missing
            worker.close()
    rows = [_row(name, times[name], *sizes[files[name]]) for name in times if times[name]]
    mine = next((row["M_links_per_s"] for row in rows if row["reader"] == OWN), None)
    for row in rows:
        row["ratio"] = ratio(_number(mine), _number(row["M_links_per_s"]))
    rows.sort(key=lambda row: -(_number(row["M_links_per_s"]) or 0.0))
    lines, size = sizes[path]
    result.add(f"Reading {what}: {lines:,} links, {size / 1e6:,.0f} MB", rows)
    best, _ = summary(times[OWN])
    return {"MB": quotient(size, best, 1e6), "links": quotient(lines, best, 1e6)}


def _row(name: str, times: list[float], lines: int, size: int) -> Row:
    seconds, median = summary(times)
    return {
        "reader": name,
        "best_s": seconds,
        "median_s": median,
        "MB_per_s": quotient(size, seconds, 1e6),
        "M_links_per_s": quotient(lines, seconds, 1e6),
        "ratio": None,
        "links": lines,
        "runs": len(times),
    }


def _number(value: str | float | None) -> float | None:
    return None if value is None else float(value)


def _size(path: Path) -> tuple[int, int]:
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return lines - (path.suffix == ".csv"), path.stat().st_size


def integers(graph: str) -> Path:
    """The graph as an edge list of integers without weights."""
    path = FOLDER / f"{graph}.txt"
    inputs = Inputs.named(graph)
    pairs = zip(inputs.source.tolist(), inputs.target.tolist(), strict=True)
    return _written(path, "", (f"{source}\t{target}\n" for source, target in pairs))


def _names(graph: str) -> Path:
    """The first two million links under the names that they have, or made-up ones for R-MAT."""
    path = FOLDER / f"{graph}.csv"
    inputs = Inputs.named(graph)
    listed = made(graph) / "names.txt"
    count = inputs.particle_count
    names = listed.read_text().split() if listed.exists() else [f"p{i:x}" for i in range(count)]
    columns = (inputs.source.tolist(), inputs.target.tolist(), inputs.weight.tolist())
    links = islice(zip(*columns, strict=True), _NAMED_LINKS)
    rows = (f"{names[source]},{names[target]},{weight:.6g}\n" for source, target, weight in links)
    return _written(path, "source,target,weight\n", rows)


def _packed(path: Path) -> Path:
    """The file, and its head, within gzip."""
    packed = path.with_name(f"{path.stem}-packed.csv.gz")
    for source, made_of in ((packed, path), (_slow(packed), _slow(path))):
        if not source.exists():
            source.write_bytes(gzip.compress(made_of.read_bytes(), 6))
    return packed


def _json_lines(path: Path) -> Path:
    """The links of a CSV, and of its head, as JSON lines."""
    listed = path.with_suffix(".jsonl")
    for target, made_of in ((listed, path), (_slow(listed), _slow(path))):
        if not target.exists():
            with made_of.open(newline="") as rows, target.open("w") as lines:
                for source, end, weight in islice(csv.reader(rows), 1, None):
                    link = {"source": source, "target": end, "weight": float(weight)}
                    lines.write(f"{json.dumps(link)}\n")
    return listed


def _written(path: Path, header: str, lines: Iterator[str]) -> Path:
    """Writes the file and its head, the file for slow readers, unless they are there."""
    if not _slow(path).exists():
        head = list(islice(lines, _SLOW_LINKS))
        _write(path, header, head, lines)
        _write(_slow(path), header, head)
    return path


def _write(path: Path, header: str, *parts: Iterable[str]) -> None:
    with path.open("w") as file:
        file.write(header)
        for part in parts:
            file.writelines(part)


def _slow(path: Path) -> Path:
    suffixes = "".join(path.suffixes)
    return path.with_name(f"{path.name.removesuffix(suffixes)}-head{suffixes}")
