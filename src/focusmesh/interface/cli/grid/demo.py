"""``focusmesh grid demo``: nine tiny models learn on this machine, stand in cubes, recognise texts and vote."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import MissingExtraError
from focusmesh.interface.cli.demo.command import tell
from focusmesh.interface.cli.grid.studies import (
    CLOSE,
    CYCLES,
    EVERYTHING,
    assemble_grid,
    judge_model,
    kappa_curves,
    recognise_snippets,
    show_interlocking,
)
from focusmesh.interface.cli.shared.explanations import safe
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.output_files import verify_output
from focusmesh.interface.cli.shared.pictures import verify_picture, write_picture
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes

    from focusmesh.engine.grid.cube import Cube, Grid
    from focusmesh.engine.grid.model import Trained, TrainParams
    from focusmesh.engine.grid.tensor import Governor
    from focusmesh.interface.cli.grid.texts import TextKind

_TRAIN_BYTES = 300_000
_PICTURES = ("learning", "recognised", "kappa", "array")

Folder = Annotated[
    str, typer.Option("--output-dir", metavar="DIR", help="Where to write models and pictures.")
]
Steps = Annotated[int, typer.Option(metavar="N", min=1, help="Steps that each model learns for.")]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="Seed of the first weights.")]
Busy = Annotated[
    float,
    typer.Option(
        metavar="X", help="Share of all cores that learning may take, over a minute; 1: all."
    ),
]
Snippets = Annotated[
    int, typer.Option(metavar="N", min=2, help="Snippets of each kind that should be recognised.")
]
Length = Annotated[
    int, typer.Option("--snippet-bytes", metavar="N", min=1, max=4_096, help="Bytes of a snippet.")
]


@command
def demo(
    output: Output,
    folder: Folder = ".",
    steps: Steps = 1_500,
    seed: Seed = 0,
    busy: Busy = 1.0,
    snippets: Snippets = 50,
    snippet_bytes: Length = 48,
) -> None:
    """Train nine tiny models here, put them into cubes, let them vote.

    The texts are of this machine. The cubes also recognise texts.
    """
    from focusmesh.engine.grid.model import TrainParams
    from focusmesh.engine.grid.tensor import Governor

    screen, began, governor = Screen(output), time.perf_counter(), Governor(busy)
    paths = {name: Path(folder, f"grid-{name}.png") for name in _PICTURES}
    Path(folder).mkdir(parents=True, exist_ok=True)
    for path in paths.values():
        verify_output(str(path), force=True)
    kinds = _texts(screen)
    trained = _train(screen, kinds, TrainParams(steps=steps, seed=seed), governor)
    saved = _save(trained, folder)
    document: dict[str, Any] = {"judged": _judge(screen, kinds, trained)}
    grid, cube = assemble_grid(trained, kinds)
    document["ensemble"] = _think(screen, cube, kinds)
    shares, found = _recognise(screen, cube, kinds, (snippets, snippet_bytes))
    document["recognised"] = shares
    document["interlock"] = _interlock(screen, grid, kinds)
    curves = kappa_curves(grid.fields.load)
    document["kappa"] = _settle(screen, curves)
    document["vote"] = _vote(screen, grid, kinds)
    drawn = _draw(screen, paths, lambda: _drawings(trained, found, curves, grid))
    seconds = time.perf_counter() - began
    tell(screen, "Go on by yourself", f"{seconds:.0f} s in all")
    screen.lines([f"  {len(saved)} models in {safe(folder)}: *.femto, *.femto8 (int8)"])
    if screen.as_json:
        trained_as = {"steps": steps, "seed": seed, "seconds": trained[EVERYTHING].seconds}
        wrote = [str(path) for path in (*saved, *drawn)]
        screen.document(
            {"training": trained_as, **document, "output": wrote, "seconds_in_all": seconds}
        )


def _texts(screen: Screen) -> dict[str, TextKind]:
    from focusmesh.interface.cli.grid.texts import local_texts

    began = time.perf_counter()
    kinds = local_texts(_TRAIN_BYTES)
    tell(screen, "Eight kinds of text", f"{time.perf_counter() - began:.1f} s")
    screen.table(
        [Column("kind", style="bold"), Column("to learn", right=True), Column("what it is")],
        [[name, f"{len(each.train):,}", each.words] for name, each in kinds.items()],
    )
    return kinds


def _train(
    screen: Screen, kinds: Mapping[str, TextKind], params: TrainParams, governor: Governor
) -> dict[str, Trained]:
    from focusmesh.engine.grid.model import train_specialists

    texts = {name: kind.train for name, kind in kinds.items()}
    texts[EVERYTHING] = b"\n".join(texts.values())
    with screen.progress() as progress:
        trained = train_specialists(texts, params, governor=governor, progress=progress)
    seconds = trained[EVERYTHING].seconds
    each = f"{1e3 * seconds / (params.steps * len(trained)):.1f} ms a step of 32 × 64 bytes"
    told = f"{seconds:.0f} s, {each}, {governor.busy():.0%} of the processor"
    tell(screen, f"{len(trained)} models learnt for {params.steps:,} steps", told)
    return trained


def _save(trained: Mapping[str, Trained], folder: str) -> list[Path]:
    saved = []
    for name, each in trained.items():
        saved += [Path(folder, f"{name}.femto"), Path(folder, f"{name}.femto8")]
        each.model.save(saved[-2])
        each.model.quantise().save(saved[-1])
    return saved


def _judge(
    screen: Screen, kinds: Mapping[str, TextKind], trained: Mapping[str, Trained]
) -> list[dict[str, Any]]:
    """Nats a byte of text that nobody saw."""
    rows = []
    for name, kind in kinds.items():
        model = trained[name].model
        rows.append(judge_model(name, kind, model, model.quantise()))
    tell(screen, "Nats a byte of text that none of them saw", "the least wins")
    ways = list(rows[0].nats)
    screen.table(
        [Column("kind", style="bold"), *(Column(way, right=True) for way in ways), Column("best")],
        [[row.kind, *(f"{row.nats[way]:.3f}" for way in ways), row.best] for row in rows],
    )
    return [{"kind": row.kind, **row.nats, "best": row.best} for row in rows]


def _think(screen: Screen, cube: Cube, kinds: Mapping[str, TextKind]) -> dict[str, Any]:
    """The ensemble's gain on a mixture of all kinds."""
    text = b"\n".join(kind.kept_out[:1_000] for kind in kinds.values())
    gain = cube.gain(text)
    low, high = gain.interval
    tell(screen, "Nine opinions mixed, on text of all kinds", "nats a byte")
    screen.lines(
        [
            f"  best single model {gain.best_surprise:.3f}, weighted mixture {gain.mixture_surprise:.3f}",
            f"  trimmed mean, which survives two bad models, {gain.trimmed_surprise:.3f}",
            f"  gain over the best single model {gain.gain:+.3f} (95 %: {low:+.3f} … {high:+.3f})",
        ]
    )
    return asdict(gain)


def _recognise(
    screen: Screen, cube: Cube, kinds: Mapping[str, TextKind], sizes: tuple[int, int]
) -> tuple[dict[str, Any], Any]:
    from focusmesh.engine.grid.model import share

    found = recognise_snippets(cube, kinds, *sizes)
    shares = {way: share(found.hits(way), found.snippet_count) for way in found.counts}
    tell(
        screen,
        f"Which kind is it? {found.snippet_count} snippets of {found.snippet_bytes} bytes",
        "right, with 95 % intervals",
    )
    screen.table(
        [Column("by", style="bold"), Column("right", right=True), Column("95 %")],
        [
            [way, f"{each.value:.1%}", f"{each.low:.1%} … {each.high:.1%}"]
            for way, each in shares.items()
        ],
    )
    document = {way: asdict(each) for way, each in shares.items()}
    return {**document, "snippets": found.snippet_count, "bytes": found.snippet_bytes}, found


def _interlock(screen: Screen, grid: Grid, kinds: Mapping[str, TextKind]) -> list[dict[str, Any]]:
    rows = show_interlocking(grid, kinds["prose"].kept_out)
    cubes = len(grid.instances)
    tell(screen, f"{cubes} cubes in an array of 100³ blocks", f"{grid.array.count:,} active")
    screen.table(
        [
            Column("interlock", style="bold"),
            Column("plane"),
            Column("blocks", right=True),
            Column("ms", right=True),
        ],
        [
            [row["operation"], row["plane"], f"{row['blocks']:,}", f"{1e3 * row['seconds']:.1f}"]
            for row in rows
        ],
    )
    return rows


def _settle(screen: Screen, curves: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    tell(screen, "κ of the cubes, drawn to 0.6", f"farthest of {CYCLES} cycles")
    settled = {
        start: next((at for at, far in enumerate(curve) if far <= CLOSE), None)
        for start, curve in curves.items()
    }
    screen.lines(
        f"  from {start:<6} within ±{CLOSE} after {settled[start]} cycles, {curve[-1]:.3f} off after {CYCLES}"
        for start, curve in curves.items()
    )
    return {"settled_after": settled, "curves": {name: list(each) for name, each in curves.items()}}


def _vote(screen: Screen, grid: Grid, kinds: Mapping[str, TextKind]) -> dict[str, Any]:
    """Eight vertices agree on what comes next although one says two things and one lies."""
    from focusmesh.apps.grid import hold_vote, validator_set_of, vertex_keys

    instance = grid.instances["cube-000"]
    bad = {"NEU": "equivocate", "SWD": "lie"}
    try:
        keys = vertex_keys(bytes(32), instance.name)
    except MissingExtraError as error:
        tell(screen, "No vote", safe(str(error)))
        return {"missing": str(error)}
    result = hold_vote(instance, keys, kinds["log"].kept_out[:32], bad=bad)
    result.certificate.verify(validator_set_of(keys))
    value = result.certificate.certificate.ballot.value.hex()
    guilty = {proof.verify(validator_set_of(keys)) for proof in result.evidence}
    caught = sorted(place for place, key in keys.items() if key.public in guilty)
    tell(
        screen, "A vote with two bad vertices", ", ".join(f"{v}: {does}" for v, does in bad.items())
    )
    screen.lines(
        [
            f"  agreed in {result.rounds} round(s), {result.messages} messages, on {value[:16]}…",
            f"  caught with two signatures that contradict each other: {', '.join(caught)}",
        ]
    )
    return {
        "bad": bad,
        "value": value,
        "rounds": result.rounds,
        "messages": result.messages,
        "caught": caught,
    }


def _drawings(
    trained: Mapping[str, Trained], found: Any, curves: Mapping[str, Sequence[float]], grid: Grid
) -> dict[str, Callable[[Axes], None]]:
    from focusmesh.engine.grid.model import share
    from focusmesh.interface.cli.grid.pictures import learning, recognising, settling, standing

    shares = {way: share(found.hits(way), found.snippet_count) for way in found.counts}
    return {
        "learning": learning(trained),
        "recognised": recognising(found, shares),
        "kappa": settling(curves),
        "array": standing(grid),
    }


def _draw(
    screen: Screen,
    paths: Mapping[str, Path],
    drawings: Callable[[], dict[str, Callable[[Axes], None]]],
) -> list[Path]:
    from focusmesh.interface.cli.grid.pictures import SIZE

    tell(screen, "Pictures")
    try:
        verify_picture(next(iter(paths.values())))
    except MissingExtraError as error:
        screen.lines([f"  not drawn: {safe(str(error))}"])
        return []
    for name, draw in drawings().items():
        write_picture(paths[name], draw, SIZE)
    screen.lines([f"  {safe(str(path))}" for path in paths.values()])
    return list(paths.values())
