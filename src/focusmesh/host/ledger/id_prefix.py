"""Finding the one of several things that a user means by the first digits of its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable


class HasId(Protocol):
    """What an id names."""

    @property
    def id(self) -> bytes:
        """Its id."""


Named = TypeVar("Named", bound=HasId)


def only_with_id(things: Iterable[Named], digits: str, many: str, none: str, command: str) -> Named:
    """The one whose id begins with ``digits``, hexadecimal. Raises InputError unless there is exactly one.

    ``many`` is what several are called, ``none`` says that there is none, ``command`` shows their ids.
    """
    found = [each for each in things if each.id.hex().startswith(digits.lower())]
    if len(found) == 1 and digits:
        return found[0]
    count = f"{len(found)} {many} begin" if found else f"{none} begins"
    raise InputError(f"{count} with {digits!r}: `{command}` shows their ids")
