"""The set of operations of a network: what its signals may hold."""

from __future__ import annotations

from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.kernel.runtime.operation import Operation
from focusmesh.protocol.codec import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.runtime.migrations import Migration


class Registry:
    """Reads the arrays of a signal as operations. Two networks with the same ``digest`` read them alike."""

    def __init__(
        self,
        operations: Sequence[type[Operation]],
        earlier: Sequence[Registry] = (),
        migrations: Sequence[Migration] = (),
    ) -> None:
        """``earlier``: the sets of networks that were made before. Raises ValueError for two operations of one name.

        ``migrations`` are those that changes can name; no digest depends on them.
        """
        self._earlier = tuple(earlier)
        self.migrations = {each.name: each for each in migrations}
        """By name, those that this focusmesh can run."""
        self._operations = {operation.name(): operation for operation in operations}
        if len(self._operations) < len(operations):
            raise ValueError("two operations have the same name and version")
        any_of: Any = reduce(or_, operations)
        # A union inside of a struct is compiled once, one that stands alone at every call.
        self._form: Any = msgspec.defstruct(
            "Operations",
            [("operations", list[any_of])],
            array_like=True,
            frozen=True,
        )
        # msgspec compiles it at the first call, and two threads that make the first call together end the process.
        self._form_of(())

    @property
    def earlier(self) -> tuple[Registry, ...]:
        """The sets of networks that were made before, oldest first."""
        return self._earlier

    @property
    def asking(self) -> frozenset[str]:
        """The names of those that ask for amounts of links."""
        return frozenset(
            name for name, each in self._operations.items() if each.links is not Operation.links
        )

    @property
    def names(self) -> tuple[str, ...]:
        """``"link/1"`` and so on, sorted."""
        return tuple(sorted(self._operations))

    @cached_property
    def digest(self) -> bytes:
        """32 bytes over names, fields, prefixes: what genesis names."""
        return digest(encode([_description(self._operations[name]) for name in self.names]))

    def of(self, digest: bytes) -> Registry | None:
        """The set of this digest: this one, or one of ``earlier``. A network keeps the set that its genesis names."""
        return next((each for each in (self, *self._earlier) if each.digest == digest), None)

    def read(self, operations: Sequence[Sequence[Any]]) -> list[Operation]:
        """The operations that arrays of names and fields stand for. O(operations), about 0.3 µs each.

        Raises SignalError: ``"operation"`` for an unknown name, ``"malformed"`` for fields of a wrong number, type or
        size. Text is never read as bytes, nor a truth value as a number.
        """
        try:
            return self._form_of(operations)
        except msgspec.ValidationError as error:
            unknown = [each[0] for each in operations if each[0] not in self._operations]
            if unknown:
                known = ", ".join(self.names)
                message = f"no operation {unknown[0]!r} in this network; it has {known}"
                raise SignalError("operation", message) from error
            raise SignalError("malformed", f"fields of an operation: {error}") from error

    def _form_of(self, operations: Sequence[Sequence[Any]]) -> list[Operation]:
        form = msgspec.convert((operations,), self._form, builtin_types=(bytes,))
        read: list[Operation] = form.operations
        return read


def _description(operation: type[Operation]) -> list[Any]:
    return [
        operation.name(),
        list(operation.__struct_encode_fields__),
        list(operation.reads),
        list(operation.writes),
        operation.closes,
        operation.first_is_free,
    ]
