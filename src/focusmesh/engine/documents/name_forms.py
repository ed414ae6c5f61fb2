"""How texts and names are read word by word, and by which spellings a name is found in a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS_MAX = 16
"""So many words, and pauses between them, a name has at most that is looked for in texts."""
NAME_CHARACTERS_MAX = 200
PAUSE = "|"
"""Stands between words where a comma, a full stop or the like does: a name goes over one only if it has one there."""
ANY, CAPITAL, EXACT = 0, 1, 2
"""How a word of a name is to be written in a text: in any case, with a capital, or in capitals alone."""

_PIECE = re.compile(r"(\w+)|[.,;:!?()\[\]{}\"“”„«»—–|…]|\n\s*\n")
_QUALIFIED = re.compile(r"(.*\S)\s*\(([^()]+)\)\s*")
_FILE_SUFFIX = re.compile(
    r"\.(?:md|markdown|txt|html?|xhtml|pdf|mbox|eml|jsonl|ndjson|json)$", re.I
)
_PLAIN_WORDS = """
a about after all also am an and any are as at be because been before but by can could did do does down each
few first for from had has have he her here him his how i if in into is it its just last like made make may me
more most much my new no nor not now of off on one only or other our out over own said same second see she
should so some such than that the their them then there these they third this those three through to too two
under until up upon us use used very was we well were what when where which while who whom whose why will with
would yes you your
"""
_PLAIN = frozenset(_PLAIN_WORDS.split())


class TextPiece(NamedTuple):
    """A word of a text in lower case, or a pause; where it begins and ends, and how it is written."""

    word: str
    start: int
    end: int
    case: int


class Spelling(NamedTuple):
    """A name as texts may have it: its words in lower case, pauses among them, and the case that each must have."""

    key: str
    cases: tuple[int, ...]


def pieces(text: str) -> list[TextPiece]:
    """The words and pauses of a text in their order, two pauses never side by side. O(characters)."""
    found: list[TextPiece] = []
    paused = True
    for match in _PIECE.finditer(text):
        word = match[1]
        if word is not None:
            lower = word.casefold()
            start, end = match.span()
            found.append(TextPiece(lower, start, end, ANY if word == lower else case_of(word)))
            paused = False
        elif not paused:
            found.append(TextPiece(PAUSE, *match.span(), ANY))
            paused = True
    return found


def case_of(word: str) -> int:
    """``EXACT`` for two letters or more in capitals, ``CAPITAL`` for a first one, else ``ANY``."""
    if len(word) > 1 and word.isupper():
        return EXACT
    return CAPITAL if word[0].isupper() or word[0].istitle() else ANY


def is_plain(word: str) -> bool:
    """Whether a word in lower case says nothing alone: what sentences are put together with."""
    return word in _PLAIN


def spelling_of(name: str) -> Spelling | None:
    """How ``name`` is spelt; None where no text is to be searched for it.

    That is a name of one letter, of one or two plain words (``The Who``, but not ``WHO``), or of more than
    ``WORDS_MAX`` words. A name in sentence case (``Person-centred therapy``) may stand in any case. In any other, words
    with a capital must have it, a leading ``The`` aside. A single word must have its capital.
    """
    if len(name) > NAME_CHARACTERS_MAX:
        return None
    listed = pieces(name)
    while listed and listed[-1].word == PAUSE:
        listed.pop()
    words = [piece for piece in listed if piece.word != PAUSE]
    telling = [piece for piece in words if not is_plain(piece.word)]
    if not words or len(listed) > WORDS_MAX or sum(len(piece.word) for piece in words) < 2:
        return None
    if not telling and len(words) < 3 and not any(piece.case == EXACT for piece in words):
        return None
    return Spelling(" ".join(piece.word for piece in listed), _cases(listed))


def _cases(listed: list[TextPiece]) -> tuple[int, ...]:
    if len(listed) == 1:
        return (max(CAPITAL, listed[0].case),)
    proper = any(piece.case for piece in listed[1:])
    if not proper:
        return (ANY,) * len(listed)
    lead = ANY if is_plain(listed[0].word) else listed[0].case
    return (lead, *(piece.case for piece in listed[1:]))


def variants(name: str) -> Iterator[str]:
    """What a particle called ``name`` is also called: without what stands in parentheses, a section by its heading.

    A file is called by its name without folder and suffix too, with blanks for what joins its words.
    """
    yield name
    inner = name.rpartition("#")[2] if "#" in name else name
    if inner != name:
        yield inner
    bare = _FILE_SUFFIX.sub("", inner.rpartition("/")[2] if "/" in inner else inner)
    if bare != inner:
        yield bare
    if "_" in bare:
        yield bare.replace("_", " ")
    qualified = _QUALIFIED.fullmatch(bare)
    if qualified is not None:
        yield qualified[1]


def qualifier(name: str) -> str:
    """What stands in parentheses behind a name, "" for nothing: ``planet`` of ``Mercury (planet)``."""
    found = _QUALIFIED.fullmatch(name)
    return "" if found is None else found[2]
