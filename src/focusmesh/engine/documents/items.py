"""Items: what a graph of documents is made from, each with a name and a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.engine.links import shorten, time_of
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_KNOWN = ("name", "text", "title", "aliases", "time", "links")


class Item(msgspec.Struct, frozen=True):
    """A text called ``name``. ``aliases`` are other names, ``links`` names of what it refers to, ``time`` when it was.

    An integer for a time stays as it is, a date as text becomes microseconds since 1970.
    """

    name: str
    text: str
    title: str | None = None
    aliases: list[str] = []
    time: int | str | None = None
    links: list[str] = []

    @property
    def moment(self) -> int | None:
        """``time`` as links have it; raises InputError where it is none."""
        if self.time is None:
            return None
        found = time_of(str(self.time))
        if isinstance(found, str):
            raise InputError(found)
        return found


def items_of(given: Iterable[Any]) -> Iterator[Item]:
    """Items, or mappings with their fields, one by one; raises InputError that says which is none, and why.

    A mapping without ``name`` is called by its title. Other keys are passed over.
    """
    for place, one in enumerate(given):
        if isinstance(one, Item):
            yield one
        elif isinstance(one, Mapping):
            yield item_from(one, f"item {place}")
        else:
            raise InputError(
                f"item {place} is {shorten(one)}: items are mappings with name and text"
            )


def item_from(fields: Mapping[Any, Any], where: str) -> Item:
    """One item; raises InputError, which begins with ``where``."""
    told = {key: fields[key] for key in _KNOWN if fields.get(key) is not None}
    told.setdefault("name", told.get("title"))
    for key in ("aliases", "links"):
        if isinstance(told.get(key), str):
            told[key] = [told[key]]
    if isinstance(told["name"], int) and not isinstance(told["name"], bool):
        told["name"] = str(told["name"])
    try:
        item = msgspec.convert(told, Item)
        item.moment  # noqa: B018  (it is checked here, where the item is known)
    except (msgspec.ValidationError, InputError, ValueError, OverflowError) as error:
        raise InputError(
            f"{where}: {error}; an item has name, text and perhaps {_OTHERS}"
        ) from error
    if not item.name.strip():
        raise InputError(f"{where}: its name is blank")
    return item


_OTHERS = "title, aliases, time, links"
