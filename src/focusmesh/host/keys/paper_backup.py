"""Recovery shares on paper: a sheet says what it is for and has 33 words, to be printed, and to be typed again.

    # focusmesh recovery share. Any 3 of 5 restore the key, fewer tell nothing.
    key: alice
    neuron: 92e1…
    share: 2 of 5

     1 academic      2 acid      3 …

Lines with ``#`` are for people, lines with a colon are facts, all else is words, with numbers before them or without.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import SecretError
from focusmesh.host.keys.recovery import WORDS_COUNT, read_share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from focusmesh.host.keys.recovery import Share

_ACROSS = 3
_COLUMN = 14
_NEURON = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"\d+[.)]?")


class Sheet(NamedTuple):
    """A share as it was read; ``name`` is what its key was called, empty where it does not say."""

    share: Share
    name: str


def sheet_text(share: Share, count: int, name: str, neuron: bytes) -> str:
    """The sheet of one share of ``count``."""
    rows = [
        "".join(
            f"{place + 1:>4} {share.words[place]:<{_COLUMN}}"
            for place in range(first, first + _ACROSS)
        ).rstrip()
        for first in range(0, WORDS_COUNT, _ACROSS)
    ]
    lines = [
        f"# focusmesh recovery share. Any {share.threshold} of {count} restore the key, fewer tell nothing.",
        f"key: {name}",
        f"neuron: {neuron.hex()}",
        f"share: {share.number} of {count}",
        "",
        *rows,
        "",
        f"# To restore it: focusmesh keys recover, with {share.threshold} sheets, or their words typed.",
        f"# Whoever has {share.threshold} of them has the key: keep no two in one place. (SLIP-39, one group)",
    ]
    return "\n".join(lines) + "\n"


def read_sheets(text: str, origin: str) -> list[Sheet]:
    """The sheets in a text, one after the other; raises SecretError, which says in which one and which word.

    The words alone are enough; ``origin`` says where the text is from.
    """
    sheets: list[Sheet] = []
    for facts, words in _parts(text.splitlines()):
        if len(words) % WORDS_COUNT:
            raise SecretError(f"{origin}: {len(words)} words; a share of a key has {WORDS_COUNT}")
        sheets += [
            _sheet(words[first : first + WORDS_COUNT], facts, origin)
            for first in range(0, len(words), WORDS_COUNT)
        ]
    if not sheets:
        raise SecretError(f"{origin}: has no words of a share")
    return sheets


def words_of(line: str) -> list[str]:
    """The words of a row, without the numbers before them."""
    return [word for word in line.split() if not _NUMBER.fullmatch(word)]


def _sheet(words: Sequence[str], facts: dict[str, str], origin: str) -> Sheet:
    said = facts.get("share", "")
    neuron = facts.get("neuron", "").replace(" ", "").lower()
    if neuron and not _NEURON.fullmatch(neuron):
        raise SecretError(f"{origin}: {neuron!r} is not a public key: it has 64 hexadecimal digits")
    share = read_share(words, f"{origin} (share {said})" if said else origin, bytes.fromhex(neuron))
    number = said.split(" ")[0]
    if number and number != str(share.number):
        raise SecretError(f"{share.origin}: its words are those of share {share.number}")
    return Sheet(share, facts.get("key", ""))


def _parts(lines: Iterable[str]) -> Iterator[tuple[dict[str, str], list[str]]]:
    """What each sheet of a text says of itself, and its words: a fact behind words begins another sheet."""
    facts: dict[str, str] = {}
    words: list[str] = []
    for line in lines:
        if line.lstrip().startswith("#"):
            continue
        name, colon, value = line.partition(":")
        if not colon:
            words += words_of(line)
            continue
        if words:
            yield facts, words
            facts, words = {}, []
        facts[name.strip().lower()] = value.strip()
    if words:
        yield facts, words
