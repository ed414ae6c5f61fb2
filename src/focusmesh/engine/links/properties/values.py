"""What a property may be: its key, the kinds of its value, and their bounds."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Container

PropertyValue = bool | int | float | str | bytes

KINDS = ("bool", "integer", "float", "text", "bytes")
"""Kinds of values, by the number that the graph file has for them."""
KEY_BYTES_MAX = 256
"""The longest key, in UTF-8."""
LABEL_BYTES_MAX = 1_024
"""The longest label: IRIs are labels too."""
VALUE_BYTES_MAX = 1 << 20
"""The longest text, or bytes, of one value."""
KEYS_MAX = 1 << 16
"""Distinct keys of particles, or of links, that an importer or a file may have."""

PREFIX = "property:"
"""What files write before the key of a property that would be taken for something else there."""

_TYPES = {bool: "bool", int: "integer", float: "float", str: "text", bytes: "bytes"}


def attribute_name(key: str, reserved: Container[str]) -> str:
    """What a file of attributes calls a property, where names in ``reserved`` mean something else."""
    return PREFIX + key if key in reserved or key.startswith(PREFIX) else key


def property_key(attribute: Any) -> Any:
    """The key of the property that an attribute says."""
    return attribute.removeprefix(PREFIX) if isinstance(attribute, str) else attribute


def kind_of(value: PropertyValue) -> str:
    """The kind of a checked value: True is a bool and no integer."""
    return _TYPES[type(value)]


def verify_key(key: Any) -> str:
    """``key``; raises InputError unless it is text of 1 … 256 bytes."""
    return _verify_word(key, "the key of a property", KEY_BYTES_MAX)


def verify_label(label: Any) -> str:
    """``label``; raises InputError unless it is text of 1 … 1,024 bytes."""
    return _verify_word(label, "a label", LABEL_BYTES_MAX)


def verify_key_count(count: int) -> None:
    """Raises InputError for more keys than a graph may have."""
    if count > KEYS_MAX:
        raise InputError(
            f"{count:,} keys of properties are more than {KEYS_MAX:,}: what differs so is a value"
        )


def checked_value(value: Any) -> PropertyValue:
    """``value`` as a property keeps it; NumPy's numbers are Python's, dates are their ISO text.

    Raises InputError for what no property can be: None, NaN and infinity, integers beyond int64, lists, dicts and
    other objects, text that is no Unicode, and more than 1 MiB.
    """
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, date):
        return plain.isoformat()
    for type_ in _TYPES:
        if isinstance(plain, type_):
            exact: Any = type_
            return _within_bounds(exact(plain))
    if plain is None:
        raise InputError("None is no value: leave the property out, or unset it")
    raise InputError(
        f"a {type(plain).__name__} is no value of a property: bool, int, float, str or bytes are"
    )


def _within_bounds(value: PropertyValue) -> PropertyValue:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise InputError("an integer beyond 64 bits is no value of a property: make it a text")
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{value} is no value of a property: leave it out")
    if isinstance(value, str | bytes):
        size = len(value) if isinstance(value, bytes) else len(_encode(value, "a value"))
        if size > VALUE_BYTES_MAX:
            raise InputError(
                f"a value of {size:,} bytes is longer than {VALUE_BYTES_MAX:,}: make it the particle's text"
            )
    return value


def is_equal(value: PropertyValue, other: PropertyValue) -> bool:
    """Whether two values are equal: numbers by what they count, and nothing but a bool equals a bool."""
    kinds = {kind_of(value), kind_of(other)}
    return value == other and (len(kinds) == 1 or kinds == {"integer", "float"})


def value_text(value: PropertyValue) -> str:
    """A value as people read it: true and false, numbers as Python writes them, bytes in hexadecimal after 0x."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    return value if isinstance(value, str) else repr(value)


def encode_value(value: str | bytes) -> bytes:
    """The bytes of a text or of bytes."""
    return value.encode("utf-8") if isinstance(value, str) else value


def _verify_word(word: Any, what: str, most: int) -> str:
    if not isinstance(word, str):
        raise InputError(f"{what} is a str, not {type(word).__name__}")
    size = len(_encode(word, what))
    if not size:
        raise InputError(f"{what} is empty")
    if size > most:
        raise InputError(f"{what} has {size:,} bytes, more than {most:,}: {word[:40]!r}…")
    return word


def _encode(text: str, what: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"{what} is not Unicode text: {error.reason}") from error
