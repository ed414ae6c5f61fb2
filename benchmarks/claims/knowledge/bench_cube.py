"""Cubes among themselves: cycles of κ, votes with and without bad places, signed letters over loopback."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.harness import Result, Row, Target
from focusmesh.apps.grid import Mailbox, hold_vote, validator_set_of, vertex_keys
from focusmesh.engine.grid.array import BlockArray
from focusmesh.engine.grid.cube import CENTRAL, PLACES, Grid, KappaField
from focusmesh.engine.grid.model import Model
from focusmesh.host.mailbox import LetterBox, LetterLine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.engine.grid.cube import Instance

_DATA = b"2026-11-22 06:12:00 INFO started"
_CYCLES_MAX = 200
_BAD: dict[str, dict[str, str]] = {
    "nobody": {},
    "two silent": dict.fromkeys(("NEU", "SWD"), "silent"),
    "two that lie": dict.fromkeys(("NEU", "SWD"), "lie"),
    "two that equivocate": dict.fromkeys(("NEU", "SWD"), "equivocate"),
    "two that forge": dict.fromkeys(("NEU", "SWD"), "forge"),
    "CENTRAL and two, silent": dict.fromkeys(("NEU", "SWD", CENTRAL), "silent"),
}


def measure(quick: bool) -> Result:
    """κ of up to 100,000 cubes, 50 votes of each kind, 1,000 letters."""
    result = Result("cube")
    _kappa(result, (8, 1_000) if quick else (8, 1_000, 100_000))
    cube = _cube()
    _votes(result, cube, 3 if quick else 50)
    _letters(result, cube, 50 if quick else 1_000)
    return result


def _cube() -> Instance:
    grid = Grid(BlockArray(100))
    for at, place in enumerate(PLACES):
        model = Model.initial(seed=at, text=_DATA).quantise()
        grid.add_model(place.lower(), model)
    grid.create_template("nine", {place: place.lower() for place in PLACES})
    return grid.create_instance("one", "nine", (0, 0, 0))


def _kappa(result: Result, counts: Sequence[int]) -> None:
    rows: list[Row] = []
    for count in counts:
        random = np.random.default_rng(count)
        starts = {"0": np.zeros(count), "1": np.ones(count), "random": random.random(count)}
        for start, values in starts.items():
            if count > 1_000 and start != "random":
                continue
            field = _lattice_field(count, values.tolist())
            cycles, samples = 0, []
            while max(abs(value - 0.6) for value in field.values().values()) > 0.05:
                samples.append(_seconds(field.step))
                cycles += 1
                if cycles == _CYCLES_MAX:
                    break
            cycle = statistics.median(samples) * 1e3
            rows.append(
                {"cubes": count, "from": start, "cycles_to_0.6±0.05": cycles, "cycle_ms": cycle}
            )
            result.samples[f"a cycle of κ, {count} cubes from {start} (s)"] = samples
            result.targets.append(
                Target(f"κ of {count:,} cubes from {start}", 50, float(cycles), "cycles")
            )
    result.add("Cycles of κ until all cubes are within 0.6 ± 0.05", rows)


def _lattice_field(count: int, values: list[float]) -> KappaField:
    """Cubes on a cubic lattice, each tied to those beside it."""
    side = round(count ** (1 / 3))
    names = [f"c{at}" for at in range(count)]
    at = np.arange(count)
    place = at % side, at // side % side, at // side**2
    edges = [
        (names[one], names[one + step])
        for axis, step in enumerate((1, side, side**2))
        for one in at[place[axis] < side - 1].tolist()
        if one + step < count
    ]
    field = KappaField()
    field.arrange(names, edges)
    for name, value in zip(names, values, strict=True):
        field.put(name, value)
    return field


def _votes(result: Result, cube: Instance, votes: int) -> None:
    keys = vertex_keys(bytes(32), "one")
    validator_set = validator_set_of(keys)
    hold_vote(cube, keys, _DATA)
    rows: list[Row] = []
    for who, bad in _BAD.items():
        held, samples = [], []
        for seed in range(votes):
            begun = time.perf_counter()
            held.append(hold_vote(cube, keys, _DATA, bad=bad, seed=seed))
            samples.append(time.perf_counter() - begun)
            held[-1].certificate.verify(validator_set)
        rows.append(
            {
                "bad": who,
                "median_ms": statistics.median(samples) * 1e3,
                "p99_ms": _p99(samples) * 1e3,
                "rounds": max(one.rounds for one in held),
                "messages": statistics.median(one.messages for one in held),
                "double_votes_proved": statistics.median(len(one.evidence) for one in held),
                "votes": votes,
            }
        )
        result.samples[f"a vote, bad: {who} (s)"] = samples
    check = [_seconds(lambda: held[-1].certificate.verify(validator_set)) for _ in range(votes)]
    rows.append({"bad": "verifying a certificate", "median_ms": statistics.median(check) * 1e3})
    result.add("A vote of eight vertices, from question to certificate of six", rows)


def _letters(result: Result, cube: Instance, count: int) -> None:
    sender = vertex_keys(b"\1" * 32, "far")[CENTRAL]
    rows: list[Row] = []
    with LetterBox({"one": cube}, bytes(32), [sender.public]) as box:
        recipient = box.keys["one"]
        mailbox = Mailbox(sender, [recipient], time.time_ns)
        with LetterLine(mailbox, box.port) as line:
            for what, write in (("leave", line.leave), ("ask", line.ask)):
                samples = []
                for _ in range(count):
                    samples.append(_seconds(lambda: write(recipient, _DATA)))  # noqa: B023
                    cube.cube.post.clear(CENTRAL)
                rows.append(
                    {
                        "letter": what,
                        "median_ms": statistics.median(samples) * 1e3,
                        "p99_ms": _p99(samples) * 1e3,
                        "largest_ms": max(samples) * 1e3,
                        "letters": count,
                    }
                )
                result.samples[f"a letter, {what} (s)"] = samples
                measured = _p99(samples) * 1e3
                result.targets.append(Target(f"cube to cube, {what}, p99", 4, measured, "ms"))
    result.add("A signed letter of 32 bytes over loopback and its signed answer", rows)


def _p99(samples: Sequence[float]) -> float:
    return sorted(samples)[int(0.99 * len(samples))]


def _seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
