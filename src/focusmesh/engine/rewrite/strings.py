"""Strings in the text of a term: lists of characters, shown as they are written in a program."""

from __future__ import annotations

import re

_LIST = re.compile(r"(?:#Cons\{\d+,)+#Nil\}+")
_CODE = re.compile(r"\d+")
_ESCAPES = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\t": r"\t"}


def show_strings(term: str) -> str:
    """The text of a term with each list of printable characters as a string: ``#Cons{72,#Cons{105,#Nil}}`` is ``"Hi"``.

    A character is a number, so a list of numbers that could all be characters is shown as a string too. The empty
    list stays ``#Nil``. What comes out reads back as the same term. O(length of the text).
    """
    return _LIST.sub(_show, term)


def _show(found: re.Match[str]) -> str:
    links, _, braces = found[0].partition("#Nil")
    codes = [int(code) for code in _CODE.findall(links)]
    if not all(_is_printable(code) for code in codes):
        return found[0]
    text = "".join(_ESCAPES.get(chr(code), chr(code)) for code in codes)
    return f'"{text}"{braces[len(codes) :]}'


def _is_printable(code: int) -> bool:
    return code <= 0x10FFFF and (chr(code).isprintable() or chr(code) in "\n\t")
