"""Text as XML 1.0 holds it: what GraphML and GEXF share."""

from __future__ import annotations

import re

FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What is no character of XML 1.0 (section 2.2), in no spelling."""
INSTEAD = "write node-link JSON (.json) or a table (.csv)"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

_SPECIAL = re.compile('[&<>"\t\n\r]')
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE = _IN_TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})


def in_text(value: str) -> str:
    """``value`` between two tags."""
    return value.translate(_IN_TEXT) if _SPECIAL.search(value) else value


def in_attribute(value: str) -> str:
    """``value`` between double quotes; line ends and tabs would become blanks if they stood as they are."""
    return value.translate(_IN_ATTRIBUTE) if _SPECIAL.search(value) else value
