"""What every operation is: a name, typed fields, the keys it may touch, its cost, what it does.

An operation is a class with the sections of ``Operation``, always in this order: fields, ``reads`` and ``writes``,
``validate``, ``bandwidth``, ``work``, ``contents``, ``links``, ``apply`` or ``apply_run``; what is as usual is left
out. It has no state; the same fields over the same state do the same on every machine. In a signal it is an array of
its name and its fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec

from focusmesh.protocol.signal import AMOUNT_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from focusmesh.kernel.runtime.context import Context
    from focusmesh.kernel.state import Parameters

Digest = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
"""A particle, a relation or a neuron."""
Amount = Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MAX)]
"""Base units, at least one."""

BANDWIDTH_BYTES = 256
"""Bytes kept for one unit of bandwidth: about what one link takes."""


class Operation(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """One kind of step. A subclass says ``tag="name/version"``; its fields follow in the order of the array."""

    reads: ClassVar[tuple[bytes, ...]] = ()
    """Prefixes of the keys that ``apply`` may read."""
    writes: ClassVar[tuple[bytes, ...]] = ()
    """Prefixes of the keys that ``apply`` may write."""
    closes: ClassVar[bool] = False
    """Whether nothing may follow it in its signal."""
    first_is_free: ClassVar[bool] = False
    """Whether the first of its kind in a signal takes no bandwidth."""

    stands_when_halted: ClassVar[bool] = False
    """Whether a block of a halted network may have it."""

    @classmethod
    def name(cls) -> str:
        """``"link/1"``, say."""
        return str(cls.__struct_config__.tag)

    def as_fields(self) -> tuple[Any, ...]:
        """The array that stands in a signal."""
        return (self.name(), *msgspec.structs.astuple(self))

    def validate(self, parameters: Parameters) -> None:
        """What the types of the fields leave to be checked without a state, as usual nothing.

        Raises SignalError; such a signal is in no block.
        """

    def bandwidth(self) -> int:
        """Units of bandwidth that it takes."""
        return 1

    def work(self) -> int:
        """What it may take beyond its bandwidth, in interactions of a program: a block has room for only so much."""
        return 0

    def contents(self) -> tuple[tuple[bytes, int], ...]:
        """Digest and size in bytes of what whoever makes a block must have at hand, or keep already."""
        return ()

    def links(self) -> Sequence[tuple[bytes, bytes, bytes]]:
        """(source, target, relation) of links whose amounts it will ask for: those of a block are read together."""
        return ()

    def apply(self, context: Context) -> None:
        """Does it. Raises SignalError where it cannot be done; the executor takes back what was."""
        raise NotImplementedError(f"{self.name()} has no apply")

    @classmethod
    def apply_run(cls, context: Context, run: Sequence[Self]) -> None:
        """Applies operations of this kind that follow each other; where one pass over all is cheaper, it is that."""
        for operation in run:
            operation.apply(context)
