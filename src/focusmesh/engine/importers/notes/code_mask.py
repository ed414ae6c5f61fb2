"""What of a Markdown text is code or comment, blanked so that nothing in it counts; every character keeps its place."""

from __future__ import annotations

import re

_FENCE = re.compile(r"[ \t>]*(?:[-*+] |[0-9]+[.)] )?[ \t]*(`{3,}|~{3,})(.*)")
_RUN = re.compile(r"`+")
_OPENING = re.compile(r"%%|<!--")
_CLOSING = {"%%": "%%", "<!--": "-->"}
_NO_NEWLINE = re.compile(r"[^\n]")


def hidden(text: str) -> str:
    """The text with spaces in the place of code, fenced and inline, and of comments (``%% %%``, ``<!-- -->``).

    What is opened and not closed is text, but for a fence. O(characters).
    """
    return _without_comments("\n".join(map(_without_code, _without_fences(text))))


def _without_fences(text: str) -> list[str]:
    kept: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.fullmatch(line)
        if fence:
            closes = mark is not None and mark[1].startswith(fence) and not mark[2].strip()
            fence = "" if closes else fence
            kept.append(" " * len(line))
        elif mark is not None and (mark[1][0] == "~" or "`" not in mark[2]):
            fence = mark[1]
            kept.append(" " * len(line))
        else:
            kept.append(line)
    return kept


def _without_code(line: str) -> str:
    """Code between equally many backticks on a line; a backtick behind a backslash opens none."""
    if line.count("`") < 2:
        return line
    runs = [found.span() for found in _RUN.finditer(line)]
    following: dict[int, int] = {}
    closing = [0] * len(runs)
    for at in range(len(runs) - 1, -1, -1):
        length = runs[at][1] - runs[at][0]
        closing[at] = following.get(length, 0)
        following[length] = at
    parts: list[str] = []
    kept = at = 0
    while at < len(runs):
        begin = runs[at][0]
        if closing[at] and (not begin or line[begin - 1] != "\\"):
            end = runs[closing[at]][1]
            parts += [line[kept:begin], " " * (end - begin)]
            kept = end
            at = closing[at]
        at += 1
    return "".join((*parts, line[kept:]))


def _without_comments(text: str) -> str:
    parts: list[str] = []
    kept = 0
    endless: set[str] = set()
    opening = _OPENING.search(text)
    while opening is not None:
        begin, mark = opening.start(), opening[0]
        end = -1 if mark in endless else text.find(_CLOSING[mark], opening.end())
        if end < 0:
            endless.add(mark)
            opening = _OPENING.search(text, opening.end())
            continue
        end += len(_CLOSING[mark])
        parts += [text[kept:begin], _NO_NEWLINE.sub(" ", text[begin:end])]
        kept = end
        opening = _OPENING.search(text, end)
    return "".join((*parts, text[kept:]))
