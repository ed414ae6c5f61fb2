"""Strings in the text of a term: lists of characters, shown as they are written in a program."""

from __future__ import annotations

import re
import sys

_LIST = re.compile(r"(?:#Cons\{\d+,)+(?:#Nil\}+)?")
"""A chain without an end is passed over as a whole: one that failed would be tried again at each of its links."""
_CODE = re.compile(r"\d+")
_DIGITS_MAX = len(str(sys.maxunicode))
_ESCAPES = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\t": r"\t"}


def show_strings(term: str) -> str:
    """The text of a term with each list of printable characters as a string: ``#Cons{72,#Cons{105,#Nil}}`` is ``"Hi"``.

    A character is a number, so a list of numbers that could all be characters is shown as a string too. The empty
    list stays ``#Nil``. What comes out reads back as the same term. O(length of the text).
    """
    return _LIST.sub(_show, term)


def _show(found: re.Match[str]) -> str:
    links, end, braces = found[0].partition("#Nil")
    codes = _CODE.findall(links)
    if not end or not all(map(_is_printable, codes)):
        return found[0]
    characters = [chr(int(code)) for code in codes]
    text = "".join(_ESCAPES.get(each, each) for each in characters)
    return f'"{text}"{braces[len(codes) :]}'


def _is_printable(code: str) -> bool:
    if len(code) > _DIGITS_MAX or int(code) > sys.maxunicode:
        return False
    return chr(int(code)).isprintable() or chr(int(code)) in "\n\t"
