"""Mutations of values: dictionaries, lists and leaves, as documents have them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    ChangeBytes = Callable[[bytes], bytes]
    Place = tuple[Any, Any]

EDGES = [0, 1, 23, 24, 255, 256, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 2**64]
"""Where integers change their form or leave a range."""
DEPTHS = (4, 40, 300, 900)
"""How deep values are put within others: Python ends at a thousand calls."""
ODDITIES: list[Any] = [None, True, False, 0, -1, 0.5, "", "0", b"", [], {}]


def changed(value: Any, random: Random, change_bytes: ChangeBytes) -> Any:
    """A copy of ``value`` with one to three mutations; ``change_bytes`` mutates what is within a leaf."""
    whole = [copy.deepcopy(value)]
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        holder, key = random.choice(list(_places(whole)))
        _change(holder, key, random, change_bytes)
        if not whole:
            whole.append(None)
    return whole[0]


def _places(holder: Any) -> Iterator[Place]:
    """Every container with each of its keys, from the outermost in."""
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    for key in keys:
        yield holder, key
        if isinstance(holder[key], dict | list):
            yield from _places(holder[key])


def _change(holder: Any, key: Any, random: Random, change_bytes: ChangeBytes) -> None:
    way = random.random()
    if way < 0.7:
        holder[key] = _other(holder[key], random, change_bytes)
    elif way < 0.8:
        del holder[key]
    elif isinstance(holder, list):
        _rearrange(holder, key, random)
    else:
        other = random.choice(list(holder))
        holder[key], holder[other] = holder[other], holder[key]


def _rearrange(items: list[Any], at: int, random: Random) -> None:
    """One item twice, or two in each other's place."""
    other = random.randrange(len(items))
    if random.random() < 0.5:
        items.insert(other, copy.deepcopy(items[at]))
    else:
        items[at], items[other] = items[other], items[at]


def repeated(data: bytes, random: Random, bytes_max: int) -> bytes:
    """``data`` with a short piece of it many times: what is nested without end, or looked at again each time.

    What follows may be the rest, nothing, or a byte that fits nowhere: whoever can read pieces in two ways tries all.
    """
    at = random.randrange(len(data))
    piece = data[at : at + random.choice((1, 1, 2, 2, 3, 4, 5, 8))]
    times = random.choice((30, 1_000, 5_000))
    rest = random.choice((data[at:], b"", b"\xff"))
    return (data[:at] + piece * times)[: bytes_max - len(rest[:bytes_max])] + rest[:bytes_max]


def _deep(value: Any, random: Random) -> Any:
    """``value`` within many lists or dictionaries."""
    for _ in range(random.choice(DEPTHS)):
        value = {"a": value} if random.random() < 0.5 else [value]
    return value


def _other(value: Any, random: Random, change_bytes: ChangeBytes) -> Any:
    """Another value, mostly of the same type."""
    way = random.random()
    if way < 0.1:
        return copy.deepcopy(random.choice(ODDITIES))
    if way < 0.12:
        return _deep(value, random)
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return random.choice([value + 1, value - 1, -value, value * 2, *EDGES])
    if isinstance(value, float):
        return random.choice([value * 2, -value, 0.0, 1.0, value + 2.0**-32, 1e308])
    if isinstance(value, bytes):
        return change_bytes(value)
    if isinstance(value, str):
        return _other_text(value, random, change_bytes)
    return _other_container(value, random)


def _other_text(text: str, random: Random, change_bytes: ChangeBytes) -> str:
    """Hexadecimal stays hexadecimal most of the time: what is refused at once teaches nothing."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if data and random.random() < 0.7:
        return change_bytes(data).hex()
    return change_bytes(text.encode(errors="surrogatepass")).decode(errors="replace")


def _other_container(value: Any, random: Random) -> Any:
    if isinstance(value, dict):
        return {**value, f"more{random.randrange(9)}": random.choice(ODDITIES)}
    if isinstance(value, list):
        return random.choice([value * 2, value[:1], value[::-1], [value]])
    return value
