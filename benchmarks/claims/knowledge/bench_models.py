"""What a tiny model is worth: nats a byte on eight kinds of text, and odd lines found in a log, beside counting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.harness import Result, Row, Target
from focusmesh.engine.grid.model import Gzip, Ngram, Roc, TrainParams, train_specialists
from focusmesh.interface.cli.grid.logs import log_lines
from focusmesh.interface.cli.grid.studies import judge_model
from focusmesh.interface.cli.grid.texts import local_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.support.arrays import BoolArray, FloatArray

_LINES, _JUDGED, _ODD_SHARE = 4_000, 1_000, 0.1
_INT8_PERCENT = 1.0


def measure(quick: bool) -> Result:
    """The models of ``grid demo``, judged; then a model of a log and what it thinks of lines that were changed."""
    result = Result("models")
    kinds = local_texts(50_000 if quick else 300_000)
    random = np.random.default_rng(8)
    past = "".join(log_lines(_LINES, random)).encode()
    texts = {**{name: kind.train for name, kind in kinds.items()}, "the log": past}
    trained = train_specialists(texts, TrainParams(steps=30 if quick else 1_500))
    rows: list[Row] = []
    worse = []
    for name, kind in kinds.items():
        model = trained[name].model
        found = judge_model(name, kind, model, model.quantise())
        worse.append(100 * (found.nats["int8"] / found.nats["model"] - 1))
        rows.append({"kind": name, **found.nats, "best": found.best})
    result.add("Nats a byte of text that was kept out", rows)
    result.samples["loss that int8 adds (%)"] = worse
    limit = Target("loss that int8 adds, at most", _INT8_PERCENT, max(worse), "%")
    result.targets.append(limit)
    model = trained["the log"].model
    ways: dict[str, Callable[[list[bytes]], FloatArray]] = {
        "model": lambda lines: _means(model.surprisals, lines),
        "int8": lambda lines: _means(model.quantise().surprisals, lines),
    }
    for order in range(5):
        table = Ngram.of(past, order)
        name = f"{order + 1}-gram"
        ways[name] = lambda lines, table=table: _means(table.surprisals, lines)  # type: ignore[misc]
    primed = Gzip(past)
    ways["gzip"] = lambda lines: np.array([primed.nats(line) for line in lines])
    _alarms(result, ways, random, 200 if quick else _JUDGED)
    return result


def _means(surprisals: Callable[[bytes], FloatArray], lines: list[bytes]) -> FloatArray:
    ends = np.cumsum([len(line) for line in lines])
    parts = np.split(surprisals(b"".join(lines)), ends[:-1].tolist())
    return np.array([part.mean() for part in parts])


def _alarms(
    result: Result,
    ways: dict[str, Callable[[list[bytes]], FloatArray]],
    random: np.random.Generator,
    count: int,
) -> None:
    """The area under the curve for each kind of oddness by itself."""
    usual = list(log_lines(count, random))
    rows: list[Row] = []
    for kind, change in _CHANGES.items():
        is_odd: BoolArray = random.random(len(usual)) < _ODD_SHARE
        lines = [
            (change(line, random) if odd else line).encode()
            for line, odd in zip(usual, is_odd.tolist(), strict=True)
        ]
        row: Row = {"odd is": kind}
        for name, score in ways.items():
            scores = score(lines)
            curve = Roc.of(scores[~is_odd], scores[is_odd])
            row[name] = curve.area.value
            result.samples[f"area and its interval, {kind}, {name}"] = [
                *(curve.area.value, curve.area.low, curve.area.high),
                curve.found_at(0.01),
            ]
        rows.append(row)
    result.add("Odd lines in a log: area under the curve", rows)


def _misspelt(line: str, random: np.random.Generator) -> str:
    at = int(random.integers(25, len(line) - 2))
    return line[:at] + chr(97 + int(random.integers(26))) + line[at + 1 :]


_CHANGES: dict[str, Callable[[str, np.random.Generator], str]] = {
    "a path that climbs": lambda line, _: line.replace("path=/", "path=/../../etc/"),
    "one wrong character": _misspelt,
    "a field left out": lambda line, _: line.replace(" method=GET", ""),
    "an unknown worker": lambda line, _: line[:25] + "web-9 " + line[31:],
    "a time of another form": lambda line, _: line.replace("T", " ", 1).replace("Z", "", 1),
}
