"""What a fuzz target is: a reader of bytes that somebody else may have written, and what must hold of it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fuzz.cost import USUAL, Cost, measured

if TYPE_CHECKING:
    from collections.abc import Callable

BYTES_MAX = 1 << 16
"""No input is longer; the limits of time and memory are for inputs of this size."""


@dataclass(frozen=True)
class Structure:
    """How a target's bytes become a value of dictionaries, lists and leaves, and a value bytes again.

    Mutations of the value get past what mutations of bytes never do: lengths, order, digests. Both functions may raise
    anything; then the bytes are mutated instead.
    """

    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]


@dataclass(frozen=True)
class Target:
    """``check`` reads bytes and says whether it accepted them; whatever it raises is a finding.

    It lets the reader's documented exceptions pass for refusals and raises AssertionError where something accepted is
    not what it should be. ``seeds`` are valid inputs, made anew at every start; ``check`` is called with each of them
    before the fuzzing begins, and accepts it. ``cost`` bounds what any input may take.
    """

    check: Callable[[bytes], bool]
    seeds: Callable[[], list[bytes]]
    structure: Structure | None = None
    cost: Cost = USUAL

    def measured(self, data: bytes) -> bool:
        """``check`` of an input, which raises CostError as well where that took more than its bytes may."""
        return measured(self.check, self.cost, data)


def names() -> list[str]:
    """All targets: one module each."""
    return sorted(_modules())


def load(name: str) -> Target:
    """A target by the name of its module."""
    found: Target = importlib.import_module(_modules()[name]).TARGET
    return found


def _modules() -> dict[str, str]:
    """The dotted names of all targets' modules, by their last part; a folder holds those of one layer."""
    paths = (Path(__file__).parent / "targets").glob("*/[!_]*.py")
    return {path.stem: f"tests.fuzz.targets.{path.parent.name}.{path.stem}" for path in paths}
