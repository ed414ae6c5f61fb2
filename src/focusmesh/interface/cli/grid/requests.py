"""``focusmesh grid``: what an array and its cubes are asked, and told."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.errors import ParameterError
from focusmesh.interface.cli.grid.options import (
    Cube,
    Dir,
    Keeping,
    Seed,
    Words,
    grid_of,
    read_text,
    request,
    show,
)
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column

if TYPE_CHECKING:
    from focusmesh.host.grid import OpinionRow

MaybeCube = Annotated[
    str | None, typer.Option("--cube", metavar="CUBE", help="The cube (default: the idlest one).")
]
MaybeTemplate = Annotated[
    str | None, typer.Option("--template", metavar="NAME", help="The idlest cube of this template.")
]
Vertex = Annotated[
    str | None, typer.Option("--vertex", metavar="NAME", help="One vertex in place of all.")
]
Count = Annotated[int, typer.Option("--count", metavar="N", min=1, help="How many bytes.")]
Temperature = Annotated[
    float | None,
    typer.Option(
        "--temperature",
        metavar="X",
        min=0,
        help="0 takes the likeliest byte (default: the cube's own).",
    ),
]
Rounds = Annotated[
    int,
    typer.Option(
        "--rounds", metavar="N", min=0, help="Rounds in which vertices exchange predictions."
    ),
]
Depth = Annotated[int, typer.Option("--depth", metavar="N", min=0, help="How many hops.")]
Start = Annotated[str, typer.Option("--start", metavar="VERTEX", help="Where it begins.")]
Source = Annotated[str, typer.Argument(metavar="FROM", show_default=False)]
Target = Annotated[str, typer.Argument(metavar="TO", show_default=False)]
InCube = Annotated[
    str | None,
    typer.Option(
        "--cube",
        metavar="CUBE",
        help="Send between two vertices of this cube; else between two cubes.",
    ),
]
Command = Annotated[
    str,
    typer.Argument(
        metavar="COMMAND",
        help="start, stop, hold, unhold, suspend, unsuspend, abort, clear, reset or complete.",
        show_default=False,
    ),
]
X = Annotated[int, typer.Argument(metavar="X", show_default=False)]
Y = Annotated[int, typer.Argument(metavar="Y", show_default=False)]
Z = Annotated[int, typer.Argument(metavar="Z", show_default=False)]
SetTo = Annotated[float | None, typer.Option("--set", metavar="VALUE", help="Set this value.")]
Clear = Annotated[bool, typer.Option("--clear", help="Make it inactive.")]
Operation = Annotated[
    str,
    typer.Argument(
        metavar="OPERATION", help="activate, clear, sync or process.", show_default=False
    ),
]
Plane = Annotated[
    str,
    typer.Argument(
        metavar="PLANE",
        help="A face (east, west, north, south, up, down), or x, y, z with --index.",
        show_default=False,
    ),
]
Index = Annotated[
    int | None, typer.Option("--index", metavar="N", help="Which plane across that axis.")
]
ShownText = Annotated[
    str | None, typer.Option("--text", metavar="TEXT", help="Text that process gives every model.")
]
Levels = Annotated[
    str | None,
    typer.Option("--levels", metavar="LOW,HIGH", help="Which values process reads as bytes."),
]
Write = Annotated[bool, typer.Option("--write", help="Store the byte that process predicts.")]


@command
def status(store: Dir, keeping: Keeping, output: Output, cube: MaybeCube = None) -> None:
    """Show figures of the grid, or of one cube."""
    from focusmesh.host.grid import Status

    screen = Screen(output)
    with grid_of(store, keeping) as grid:
        if cube is not None:
            found = grid.status(request(Status, instance=cube))
            show(screen, found, _cube_lines(grid.cube(cube)))
            return
        told = grid.statistics()
    states = ", ".join(f"{count} in {state}" for state, count in told.states.items())
    shape = " × ".join(f"{side:,}" for side in told.shape)
    show(
        screen,
        told,
        [
            f"array   {shape}, {told.blocks:,} blocks, {told.array_bytes:,} bytes",
            f"models  {', '.join(told.models) or 'none'}",
            f"cubes   {told.instances:,}{': ' + states if states else ''}",
            f"κ       {'–' if told.kappa is None else f'{told.kappa:.3f}'}",
            f"height  {told.height}",
        ],
    )


def _cube_lines(cube: object) -> list[str]:
    from focusmesh.host.grid import CubeAnswer

    assert isinstance(cube, CubeAnswer)
    head = f"{cube.name}: {cube.template} at {cube.at}, {cube.state}, κ {cube.kappa:.3f}"
    places = [
        f"{one.vertex:8}{one.model}{'' if one.value is None else f'  {one.value:.3f} nats'}"
        for one in cube.vertices
    ]
    return [head, f"legal: {', '.join(cube.commands)}", *places]


@command
def list_(store: Dir, keeping: Keeping, output: Output) -> None:
    """List all cubes."""
    screen = Screen(output)
    with grid_of(store, keeping) as grid:
        found = grid.cubes()
    if screen.as_json:
        show(screen, found, [])
    screen.table(
        [
            Column("cube"),
            Column("template"),
            Column("at"),
            Column("state"),
            Column("κ", right=True),
        ],
        [
            [one.name, one.template, ",".join(map(str, one.at)), one.state, f"{one.kappa:.3f}"]
            for one in found.items
        ],
    )


@command
def value(
    store: Dir,
    x: X,
    y: Y,
    z: Z,
    keeping: Keeping,
    output: Output,
    to: SetTo = None,
    clear: Clear = False,
) -> None:
    """Show the block at X Y Z, or change it with --set or --clear."""
    from focusmesh.host.grid import NewValue

    if to is not None and clear:
        raise ParameterError("say --set or --clear, not both")
    with grid_of(store, keeping) as grid:
        if to is not None or clear:
            found = grid.set_value(request(NewValue, x=x, y=y, z=z, value=to))
        else:
            found = grid.value(x, y, z)
    words = "no active block" if not found.active else f"{found.value:g}, κ {found.kappa:.3f}"
    model = f", model {found.model}" if found.model else ""
    show(Screen(output), found, [f"{x},{y},{z}: {words}{model}"])


@command
def process(
    store: Dir,
    text: Words,
    keeping: Keeping,
    output: Output,
    cube: MaybeCube = None,
    template: MaybeTemplate = None,
    vertex: Vertex = None,
    count: Count = 32,
    temperature: Temperature = None,
    seed: Seed = 0,
) -> None:
    """Continue TEXT by the ensemble of a cube, or by one vertex."""
    from focusmesh.host.grid import Process, Token

    screen = Screen(output)
    wanted = request(
        Process,
        instance=cube,
        template=template,
        vertex=vertex,
        count=count,
        temperature=temperature,
        seed=seed,
        **read_text(text),
    )

    def tell(token: Token) -> None:
        sys.stdout.write(token.text)
        sys.stdout.flush()

    with grid_of(store, keeping) as grid:
        found = grid.process(wanted, None if screen.as_json else tell)
    show(screen, found, [""])
    screen.narrate(f"{found.instance}: {len(found.text)} bytes in {found.seconds:.3f} s")


@command
def think(
    store: Dir, cube: Cube, text: Words, keeping: Keeping, output: Output, rounds: Rounds = 0
) -> None:
    """Show what each vertex of a cube predicts after TEXT."""
    from focusmesh.host.grid import CollectiveThink

    wanted = request(CollectiveThink, instance=cube, rounds=rounds, **read_text(text))
    screen = Screen(output)
    with grid_of(store, keeping) as grid:
        found = grid.collective_think(wanted)
    show(
        screen,
        found,
        [f"next {found.next!r}, share {found.share:.3f}, agreement {found.agreement:.3f}"],
    )
    _opinions(screen, found.opinions)


@command
def cascade(
    store: Dir,
    cube: Cube,
    text: Words,
    keeping: Keeping,
    output: Output,
    depth: Depth = 2,
    start: Start = "CENTRAL",
) -> None:
    """Spread TEXT through a cube along its edges."""
    from focusmesh.host.grid import Cascade

    wanted = request(Cascade, instance=cube, depth=depth, start=start, **read_text(text))
    screen = Screen(output)
    with grid_of(store, keeping) as grid:
        found = grid.cascade(wanted)
    show(screen, found, [f"next {found.next!r}, share {found.share:.3f}"])
    for wave in found.waves:
        screen.lines([f"{wave.depth} hops, {len(wave.messages)} messages"])
        _opinions(screen, wave.opinions)


def _opinions(screen: Screen, opinions: list[OpinionRow]) -> None:
    screen.table(
        [Column("vertex"), Column("next"), Column("share", right=True), Column("nats", right=True)],
        [
            [one.vertex, repr(one.next), f"{one.share:.3f}", f"{one.entropy:.3f}"]
            for one in opinions
        ],
    )


@command
def send(
    store: Dir,
    source: Source,
    target: Target,
    text: Words,
    keeping: Keeping,
    output: Output,
    cube: InCube = None,
) -> None:
    """Send TEXT along an edge from FROM to TO.

    Both are vertices of --cube, or both are cubes.
    """
    from focusmesh.host.grid import SendMessage

    wanted = request(SendMessage, instance=cube, source=source, target=target, **read_text(text))
    with grid_of(store, keeping) as grid:
        found = grid.send_message(wanted)
    show(Screen(output), found, [f"message {found.number}: {found.bytes} bytes wait at {target}"])


@command
def execute(store: Dir, cube: Cube, action: Command, keeping: Keeping, output: Output) -> None:
    """Change the state of a cube by a PackML command."""
    from focusmesh.host.grid import Execute

    with grid_of(store, keeping) as grid:
        found = grid.execute(request(Execute, instance=cube, command=action))
    show(Screen(output), found, [f"{cube} is in {found.state}"])


@command
def interlock(
    store: Dir,
    operation: Operation,
    plane: Plane,
    keeping: Keeping,
    output: Output,
    index: Index = None,
    text: ShownText = None,
    levels: Levels = None,
    write: Write = False,
) -> None:
    """Apply one operation to all blocks of a plane.

    A plane can have a million blocks and more.
    """
    from focusmesh.host.grid import Interlock

    low_high = None if levels is None else levels.split(",")
    wanted = request(
        Interlock,
        operation=operation,
        plane=plane,
        index=index,
        text=text,
        levels=None if low_high is None else _numbers(low_high),
        write=write,
    )
    screen = Screen(output)
    with grid_of(store, keeping) as grid, screen.progress() as progress:
        found = grid.interlock(wanted, progress)
    words = f"{operation} on {plane}: {found.blocks:,} blocks, {found.changed:,} changed"
    without = f", {found.without_model:,} without a model" if found.without_model else ""
    show(screen, found, [f"{words}{without}, {found.seconds * 1_000:,.0f} ms"])


def _numbers(parts: list[str]) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in parts)
    except ValueError:
        raise ParameterError("--levels LOW,HIGH: write two numbers, such as 0,1") from None
