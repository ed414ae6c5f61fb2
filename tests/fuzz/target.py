"""What a fuzz target is: a reader of bytes that somebody else may have written, and what must hold of it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    before the fuzzing begins, and accepts it.
    """

    check: Callable[[bytes], bool]
    seeds: Callable[[], list[bytes]]
    structure: Structure | None = None


def names() -> list[str]:
    """All targets: one module each."""
    folder = Path(__file__).parent / "targets"
    return sorted(path.stem for path in folder.glob("[!_]*.py"))


def load(name: str) -> Target:
    """A target by the name of its module."""
    found: Target = importlib.import_module(f"tests.fuzz.targets.{name}").TARGET
    return found
