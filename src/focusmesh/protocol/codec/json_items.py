"""How many values JSON holds, by its punctuation alone: known before a single object is made of it."""

from __future__ import annotations

import re

from focusmesh.errors import ItemCountError

_QUOTED = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
"""A string, or what is left from its first quote on where it has no end: no quote is looked at twice."""
_STRING = re.compile(_QUOTED, re.DOTALL)
_STRINGS = re.compile(rb'(?:[^"]*+%b){1,1024}+' % _QUOTED, re.DOTALL)
"""As many strings as are taken out at a time: what lies between two of them is an object while they are."""
_MARKS = (b",", b":", b"[", b"{")
"""Each of them begins at most one value; there is one more."""


def check_json_items(text: bytes, items_max: int) -> None:
    """Raises ItemCountError for JSON that may have more than ``items_max`` values and names. O(bytes), some ns each.

    Whether it is JSON is not looked at; what is none is counted as if it were, and no reader gets further.
    """
    if len(text) <= items_max or _marks(text) < items_max:
        return
    # There may be marks within strings, which are no values.
    count = start = 0
    while start < len(text):
        found = _STRINGS.match(text, start)
        stop = len(text) if found is None else found.end()
        count += _marks(_STRING.sub(b"", text[start:stop]))
        if count >= items_max:
            raise ItemCountError(f"JSON of {len(text)} bytes with more than {items_max} values")
        start = stop


def _marks(text: bytes) -> int:
    return sum(map(text.count, _MARKS))
