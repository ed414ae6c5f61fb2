"""Structured fields of HTTP (RFC 8941), as far as signatures and digests are written in them.

A dictionary's member is an item or an inner list of items, each with parameters. Decimals, which neither field uses,
are refused; what is written is the one canonical spelling.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

from focusmesh.errors import InputError


class Token(str):
    """A word without quotes."""

    __slots__ = ()


Bare = str | int | bytes | bool | Token


class Item(NamedTuple):
    """A value and its parameters."""

    value: Bare
    parameters: dict[str, Bare]


class InnerList(NamedTuple):
    """Items in parentheses, and the parameters behind them."""

    items: list[Item]
    parameters: dict[str, Bare]


Member = Item | InnerList

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_INTEGER = re.compile(r"-?[0-9]{1,15}(?![0-9.])")
_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*")
_BYTES = re.compile(r":([A-Za-z0-9+/]*={0,2}):")
_BOOLEAN = re.compile(r"\?([01])")
_SPACES = re.compile(r" *")
_COMMA = re.compile(r"[ \t]*,[ \t]*")


def read_dictionary(text: str) -> dict[str, Member]:
    """The members of a dictionary, the last of each name; raises InputError for what is none. O(length)."""
    reader = _Reader(text.strip(" "))
    members: dict[str, Member] = {}
    while not reader.is_at_end:
        key = reader.take(_KEY)
        if reader.skip("="):
            member = reader.inner_list() if reader.sees("(") else reader.item()
        else:
            member = Item(True, reader.parameters())
        members.pop(key, None)
        members[key] = member
        if not reader.is_at_end:
            reader.take(_COMMA)
            if reader.is_at_end:
                raise reader.error()
    return members


def write_value(value: Bare) -> str:
    """The canonical spelling of a value."""
    if isinstance(value, bool):
        return f"?{int(value)}"
    if isinstance(value, int | Token):
        return str(value)
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode()}:"
    if not all(" " <= character <= "~" for character in value):
        raise InputError(f"a text of a header field must be printable ASCII, not {value[:80]!r}")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def written_item(item: Item) -> str:
    """An item with its parameters."""
    return write_value(item.value) + _written_parameters(item.parameters)


def written_list(found: InnerList) -> str:
    """An inner list with its parameters."""
    items = " ".join(written_item(item) for item in found.items)
    return f"({items}){_written_parameters(found.parameters)}"


def _written_parameters(parameters: dict[str, Bare]) -> str:
    return "".join(
        f";{key}" if value is True else f";{key}={write_value(value)}"
        for key, value in parameters.items()
    )


class _Reader:
    """Takes one thing after the other from a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._text)

    def sees(self, mark: str) -> bool:
        return self._text.startswith(mark, self._at)

    def skip(self, mark: str) -> bool:
        """Whether ``mark`` came next; it is behind then."""
        if not self.sees(mark):
            return False
        self._at += len(mark)
        return True

    def take(self, pattern: re.Pattern[str]) -> str:
        """What ``pattern`` matches here: its group where it has one."""
        match = pattern.match(self._text, self._at)
        if match is None:
            raise self.error()
        self._at = match.end()
        return match[pattern.groups]

    def item(self) -> Item:
        return Item(self._bare(), self.parameters())

    def inner_list(self) -> InnerList:
        self.skip("(")
        items: list[Item] = []
        self.take(_SPACES)
        while not self.skip(")"):
            items.append(self.item())
            if not self.take(_SPACES) and not self.sees(")"):
                raise self.error()
        return InnerList(items, self.parameters())

    def parameters(self) -> dict[str, Bare]:
        found: dict[str, Bare] = {}
        while self.skip(";"):
            self.take(_SPACES)
            key = self.take(_KEY)
            found.pop(key, None)
            found[key] = self._bare() if self.skip("=") else True
        return found

    def error(self) -> InputError:
        return InputError(
            f"this is not a structured header field (RFC 8941): see character {self._at + 1}"
        )

    def _bare(self) -> Bare:
        if self.sees('"'):
            return re.sub(r"\\(.)", r"\1", self.take(_STRING))
        if self.sees(":"):
            return self._bytes()
        if self.sees("?"):
            return self.take(_BOOLEAN) == "1"
        if _INTEGER.match(self._text, self._at):
            return int(self.take(_INTEGER))
        return Token(self.take(_TOKEN))

    def _bytes(self) -> bytes:
        text = self.take(_BYTES)
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError) as error:
            raise self.error() from error
