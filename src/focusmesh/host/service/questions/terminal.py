"""Questions that the command line alone asks."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from focusmesh.host.service.questions.fields import Beta, On, Seeds, meaning

Positive = Annotated[int, msgspec.Meta(ge=1)]
Natural = Annotated[int, msgspec.Meta(ge=0)]


class ModelChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a graph is compiled, and at which rank."""

    seeds: Annotated[
        Seeds,
        msgspec.Meta(description="Only what matters most from these particles; may be repeated."),
    ] = ()
    count: Annotated[
        Positive, meaning("How many particles --from keeps.", On(typed="--count N"))
    ] = 256
    rank: Annotated[
        Positive | None, meaning("One head of this rank in place of all.", On(typed="--rank D"))
    ] = None
    method: Annotated[
        str | None,
        meaning(
            "How a rank is reached: svd (with --rank), nmf or sparse+lowrank.", "--method NAME"
        ),
    ] = None
    beta: Beta = 0.5


class Compile(ModelChoice, frozen=True, kw_only=True):
    """A graph as a model that answers any context."""

    form: Annotated[
        str, meaning("auto, dense (up to 4,096 particles) or edges.", "--form NAME")
    ] = "auto"
    layers: Annotated[
        Positive | None, meaning("Layers, in place of what --within needs.", On(typed="--layers N"))
    ] = None
    within: Annotated[
        float, meaning("Largest L1 error of an answer: sets the layers.", "--within X")
    ] = 1e-3


class Tune(ModelChoice, frozen=True, kw_only=True):
    """A compiled model fitted to the links of its graph, and links that it proposes."""

    walks: Annotated[
        str | None,
        meaning(
            "Fit to these walks instead of links: one a line, particles separated by tabs.",
            "--walks FILE",
        ),
    ] = None
    against: Annotated[
        str | None,
        meaning(
            "random: tune from a random start as well, with three seeds each, and compare.",
            "--against START",
        ),
    ] = None
    steps: Annotated[Natural, meaning("Steps of the descent.", On(typed="--steps N"))] = 200
    batch: Annotated[Positive, meaning("Links a step.", On(typed="--batch N"))] = 64
    rate: Annotated[float, meaning("Learning rate.", "--rate X")] = 0.02
    decay: Annotated[float, meaning("How strongly weights are drawn back.", "--decay X")] = 0.3
    layers: Annotated[
        Positive, meaning("Layers that the model has and keeps.", On(typed="--layers N"))
    ] = 8
    seed: Annotated[
        Natural, meaning("Seed that chooses the links that are kept out.", On(typed="--seed N"))
    ] = 0
    proposals: Annotated[
        Natural, meaning("How many links to propose.", On(typed="--proposals N"))
    ] = 20
    suffix: Annotated[str, meaning("How proposals are written: csv or jsonl.", "--as SUFFIX")] = (
        "csv"
    )


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of what matters, in all or around the seeds."""

    seeds: Seeds = ()
    beta: Beta = 0.5
    top: Annotated[
        Annotated[int, msgspec.Meta(ge=2)],
        meaning("How many particles are drawn.", On(typed="--top -n N")),
    ] = 40
    kind: Annotated[
        Literal["graph", "bars", "curve"],
        meaning("A net, bars of the first, or all by rank.", "--kind"),
    ] = "graph"
    colour: Annotated[
        Literal["cluster", "relation"], meaning("What colours mean.", "--colour --color")
    ] = "cluster"
    title: Annotated[str | None, meaning("A heading.", "--title TEXT")] = None
