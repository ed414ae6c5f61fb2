"""Questions that the command line alone asks."""

from __future__ import annotations

from typing import Annotated

import msgspec

from focusmesh.host.service.questions.fields import Beta, On, Seeds, meaning

Positive = Annotated[int, msgspec.Meta(ge=1)]


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


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of what matters, in all or around the seeds."""

    seeds: Seeds = ()
    beta: Beta = 0.5
    top: Annotated[
        Annotated[int, msgspec.Meta(ge=2)],
        meaning("How many particles are drawn.", On(typed="--top -n N")),
    ] = 40
