"""The bytes of an HTML page before they are parsed: their encoding, and whether a parser could choke on them."""

from __future__ import annotations

import codecs
import re
from collections import Counter

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})|<\?xml[^>]{0,100}?encoding=[\"']([A-Za-z0-9_.:-]{1,40})",
    re.IGNORECASE,
)
# Python knows others, which are no encodings of texts (zip), or of no texts that we want (unicode_escape).
_OF_THE_WEB = re.compile(
    r"iso8859-\d+|cp125\d|cp866|cp874|cp932|cp949|koi8-[rtu]|gbk|gb2312|gb18030|big5|big5hkscs|shift_jis|euc_jp|euc_kr|"
    r"iso2022_jp|mac-roman|mac-cyrillic"
)
_DECLARED_WITHIN_BYTES = 1024
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]*)")
_LONG_TAG = re.compile(r"<[A-Za-z](?:[^<>\"']|\"[^\"]*\"|'[^']*'){4096,}")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_BETWEEN_ATTRIBUTES = re.compile(r"[\s/]+")
# Elements that have no end tag, or may go without.
_UNCLOSED = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
        "param",
        "li",
        "p",
        "dt",
        "dd",
        "tr",
        "td",
        "th",
        "thead",
        "tbody",
        "tfoot",
        "option",
        "optgroup",
        "colgroup",
        "caption",
        "rt",
        "rp",
        "html",
        "head",
        "body",
    ]
)
# What a parser opens again in every block that comes after it; of <a> it never has more than one.
_FORMATTING = frozenset(
    ["b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u"]
)
_MOST_WORK = 50_000_000
_MOST_COPIES = 2_000_000
_MOST_ATTRIBUTES = 2_000


def encoding_of(raw: bytes) -> str:
    """The encoding that a page says it has, by its first bytes or its ``meta``; UTF-8 where it says none we know."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return encoding
    found = _DECLARED.search(raw, 0, _DECLARED_WITHIN_BYTES)
    if found is None:
        return "utf-8"
    label = (found[1] or found[2]).decode("ascii").lower()
    # A page that says so in ASCII is no UTF-16, whatever it says; and Latin 1 means Windows' on the web.
    if label.startswith(("utf-16", "utf-32", "utf16", "utf32")):
        return "utf-8"
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return "utf-8"
    if name in ("iso8859-1", "ascii"):
        return "cp1252"
    return name if _OF_THE_WEB.fullmatch(name) else "utf-8"


def overload(text: str) -> str | None:
    """Why a page is not parsed: what its nesting or its attributes would cost grows with their square.

    What is open is counted as a parser has it at most: an end tag closes nothing but what is called so. O(characters).
    """
    depth = copied = work = copies = 0
    opened: Counter[str] = Counter()
    for found in _TAG.finditer(text):
        name = found[2].lower()
        work += depth
        copies += copied
        if name in _UNCLOSED or (found[1] and not opened[name]):
            continue
        step = -1 if found[1] else 1
        opened[name] += step
        depth += step
        copied += step if name in _FORMATTING else 0
    if work > _MOST_WORK or copies > _MOST_COPIES:
        return f"its elements are nested too deep ({depth:,} are open at the end)"
    for tag in _LONG_TAG.finditer(text):
        count = len(_BETWEEN_ATTRIBUTES.split(_QUOTED.sub(" ", tag[0])))
        if count > _MOST_ATTRIBUTES:
            return f"an element has {count:,} attributes"
    return None
