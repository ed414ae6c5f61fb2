"""Templates: which model goes on which place, for any number of cubes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.engine.grid.cube.cube import Cube
from focusmesh.engine.grid.cube.vertices import PLACES, check_place, edges_of
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.grid.cube.predictor import Predictor

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check_name(name: str) -> str:
    """``name``, if it is one of 1 to 64 letters, digits, dots, dashes and underscores. Raises GridError ``"name"``."""
    if not NAME.fullmatch(name):
        raise GridError(
            "name",
            f"{name!r} is not a name: 1 to 64 letters, digits, dots, dashes and underscores, "
            "the first a letter or a digit",
        )
    return name


@dataclass(frozen=True)
class Template:
    """``models``: names of models by place; ``weights`` by place, or none for even ones; ``trim`` as in ``Cube``.

    Raises GridError ``"name"``, ``"vertex"``, ``"template"``.
    """

    name: str
    models: Mapping[str, str]
    diagonals: str = "none"
    weights: Mapping[str, float] | None = None
    trim: int = 2

    def __post_init__(self) -> None:
        check_name(self.name)
        edges_of(self.diagonals)
        for place in self.models:
            check_place(place)
        missing = [place for place in PLACES if place not in self.models]
        if missing:
            raise GridError(
                "template", f"template {self.name} lacks models for {', '.join(missing)}"
            )

    def cube(self, models: Mapping[str, Predictor]) -> Cube:
        """A cube of these models, which are looked up by name."""
        on = {place: models[name] for place, name in self.models.items()}
        return Cube(on, self.diagonals, self.weights, self.trim)
