"""What the demo looks at: the standard library of the running interpreter, and what it is asked."""

from __future__ import annotations

import sysconfig
from dataclasses import dataclass
from pathlib import Path

from focusmesh.errors import FileError

# Tests, programs and vendored wheels: not what people import.
EXCLUDED = (
    "test",
    "tests",
    "idlelib",
    "lib2to3",
    "turtledemo",
    "ensurepip",
    "site-packages",
    "dist-packages",
    "__pycache__",
    "config-*",
    "lib-dynload",
    "pydoc_data",
    "__phello__",
)


@dataclass(frozen=True, slots=True)
class Question:
    """Where somebody stands, what they want to know, and what in the answer may puzzle them."""

    seeds: tuple[str, ...]
    words: str
    puzzle: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What somebody wants to know that links alone do not say, and the rules by which it follows, as ``needs``."""

    words: str
    text: str


QUESTIONS = (
    Question(
        ("json.decoder",),
        "You are reading json.decoder. What matters outside of it?",
        "re._compile",
    ),
    Question(
        ("urllib.request.urlopen",),
        "You call urllib.request.urlopen. What stands behind it?",
        "ssl.SSLContext",
    ),
)

RULE = Rule(
    "What does json.decoder import, what do those import, and so on?",
    """needs(x) :- link("json.decoder", x, "imports", _, _, _).
needs(y) :- needs(x), link(x, y, "imports", _, _, _).""",
)


def standard_library() -> Path:
    """Folder of the standard library's source; FileError where an interpreter comes without it."""
    folder = Path(sysconfig.get_path("stdlib"))
    if not (folder / "json" / "decoder.py").is_file():
        raise FileError(f"{folder}: this Python has no source of its standard library to look at")
    return folder
