"""``focusmesh grid``: making an array, the models in it, and cubes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.errors import CodecError, ParameterError
from focusmesh.interface.cli.grid.options import (
    Cube,
    Dir,
    Keeping,
    grid_of,
    place_of,
    request,
    show,
)
from focusmesh.interface.cli.shared.graph_input import existing
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.grid.model import Model, QuantisedModel

Shape = Annotated[
    str, typer.Option("--shape", metavar="N|X,Y,Z", help="How many blocks a side, or on each axis.")
]
ModelName = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of the model.", show_default=False)
]
TextFiles = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Texts to learn from.", show_default=False),
]
ModelFile = Annotated[
    str, typer.Argument(metavar="FILE", help="A saved model.", show_default=False)
]
Steps = Annotated[int, typer.Option("--steps", metavar="N", min=1, help="Steps of training.")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Seed of the training.")]
Quantised = Annotated[
    bool,
    typer.Option(
        "--quantised", help="Store the weights as whole numbers: the same bits on every machine."
    ),
]
Save = Annotated[
    str | None, typer.Option("--save", metavar="FILE", help="Write the model to a file as well.")
]
TemplateName = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of the template.", show_default=False)
]
OneModel = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="The model of every place that is not named."),
]
Vertices = Annotated[
    list[str] | None,
    typer.Option(
        "--on", metavar="VERTEX=NAME", help="The model of a vertex or of CENTRAL; may be repeated."
    ),
]
Diagonals = Annotated[
    str, typer.Option("--diagonals", metavar="NAME", help="More edges: none, faces, space or all.")
]
OfTemplate = Annotated[
    str,
    typer.Option(
        "--template", metavar="NAME", help="The template of the cube.", show_default=False
    ),
]
At = Annotated[
    str,
    typer.Option(
        "--at", metavar="X,Y,Z", help="Where its lowest corner (SWD) is.", show_default=False
    ),
]
Wait = Annotated[bool, typer.Option("--wait", help="Leave the cube in the state Stopped.")]
Other = Annotated[
    str, typer.Argument(metavar="OTHER", help="The cube to connect it to.", show_default=False)
]
Untie = Annotated[bool, typer.Option("--untie", help="Remove the edge.")]
Busy = Annotated[
    float,
    typer.Option(
        metavar="X", help="Share of all cores that the work may take, over a minute; 1: all."
    ),
]
_HELD_OUT = 0.1


@command
def create(store: Dir, keeping: Keeping, output: Output, shape: Shape = "100") -> None:
    """Make an empty grid at DIR."""
    from focusmesh.host.grid import GridService, create_grid

    sides = (int(shape),) * 3 if shape.isdecimal() else place_of(shape)
    service = GridService(create_grid(keeping.settings(store), sides))
    try:
        found = service.statistics()
    finally:
        service.close()
    screen = Screen(output)
    show(screen, found, [f"{store}: an array of {' × '.join(f'{side:,}' for side in found.shape)}"])


@command
def train(
    store: Dir,
    name: ModelName,
    files: TextFiles,
    keeping: Keeping,
    output: Output,
    steps: Steps = 1_500,
    seed: Seed = 0,
    busy: Busy = 0.6,
    quantised: Quantised = False,
    save: Save = None,
) -> None:
    """Train a model on texts and add it to the grid.

    A tenth of the texts is held out to measure it.
    """
    from focusmesh.engine.grid.model import Gzip, Ngram, TrainParams
    from focusmesh.engine.grid.model import train as train_it
    from focusmesh.engine.grid.tensor import Governor

    screen, governor, params = Screen(output), Governor(busy), TrainParams(steps=steps, seed=seed)
    text = b"".join(existing(file).read_bytes() for file in files)
    cut = int(len(text) * (1 - _HELD_OUT))
    known, unseen = text[:cut], text[cut:]
    with grid_of(store, keeping) as grid:
        grid.verify_new_model(name)
        with screen.progress() as progress:
            trained = train_it(known, params, governor=governor, progress=progress)
        made = trained.model.quantise() if quantised else trained.model
        if save is not None:
            made.save(save)
        grid.add_model(name, made)
    orders = ("unigram", "bigram", "trigram")
    nats = {"model": made.nats(unseen)}
    nats |= {words: Ngram.of(known, order).nats(unseen) for order, words in enumerate(orders)}
    nats["gzip"] = Gzip(known).nats(unseen)
    screen.table(
        [Column("held out"), Column("nats a byte", right=True)],
        [[words, f"{value:.3f}"] for words, value in nats.items()],
    )
    best = min(nats, key=lambda words: nats[words])
    if best != "model":
        screen.narrate(f"the {best} table is better on this text than the model")
    if screen.as_json:
        seconds = trained.seconds
        screen.document({"model": name, "nats_per_byte": nats, "best": best, "seconds": seconds})


@command
def model(store: Dir, name: ModelName, file: ModelFile, keeping: Keeping, output: Output) -> None:
    """Add a saved model to the grid."""
    made = _read(existing(file))
    with grid_of(store, keeping) as grid:
        number = grid.add_model(name, made)
    screen = Screen(output)
    if screen.as_json:
        screen.document({"model": name, "number": number})
    screen.lines([f"model {name} has the number {number}"])


def _read(path: Path) -> Model | QuantisedModel:
    """A model of either form. Raises FileError, CodecError for what is none."""
    from focusmesh.engine.grid.model import Model, QuantisedModel

    try:
        return Model.load(path)
    except CodecError:
        return QuantisedModel.load(path)


@command
def template(
    store: Dir,
    name: TemplateName,
    keeping: Keeping,
    output: Output,
    model: OneModel = None,
    on: Vertices = None,
    diagonals: Diagonals = "none",
) -> None:
    """Say which model stands on which place of a cube."""
    from focusmesh.engine.grid.cube import PLACES
    from focusmesh.host.grid import NewTemplate

    models = dict.fromkeys(PLACES, model) if model is not None else {}
    for pair in on or ():
        place, _, chosen = pair.partition("=")
        if not (place and chosen):
            raise ParameterError(f"--on {pair!r}: write VERTEX=NAME, such as NEU=python")
        models[place] = chosen
    with grid_of(store, keeping) as grid:
        made = grid.create_template(
            request(NewTemplate, name=name, models=models, diagonals=diagonals)
        )
    lines = [f"{place}  {chosen}" for place, chosen in made.models.items()]
    show(Screen(output), made, [f"template {name}", *lines])


@command
def instance(
    store: Dir,
    name: Cube,
    keeping: Keeping,
    output: Output,
    of: OfTemplate,
    at: At,
    wait: Wait = False,
) -> None:
    """Put a cube of a template into the array."""
    from focusmesh.host.grid import NewInstance

    wanted = request(NewInstance, name=name, template=of, at=place_of(at), start=not wait)
    with grid_of(store, keeping) as grid:
        made = grid.create_instance(wanted)
    show(Screen(output), made, [f"cube {name} is in {made.state} at {at}, κ {made.kappa:.3f}"])


@command
def connect(
    store: Dir, name: Cube, other: Other, keeping: Keeping, output: Output, untie: Untie = False
) -> None:
    """Connect two cubes, so that messages and κ pass between them."""
    from focusmesh.host.grid import Tie

    with grid_of(store, keeping) as grid:
        made = grid.connect(request(Tie, instance=name, other=other, joined=not untie))
    tied = ", ".join(made.neighbours) or "nothing"
    show(Screen(output), made, [f"cube {name} is tied to {tied}"])


@command
def remove(store: Dir, name: Cube, keeping: Keeping, output: Output) -> None:
    """Take a cube out of the array."""
    with grid_of(store, keeping) as grid:
        gone = grid.remove_instance(name)
    show(Screen(output), gone, [f"cube {name} is gone"])
