"""The three graphs with texts that recall is evaluated and tuned on: files that installations bring."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from focusmesh import Graph
from focusmesh.engine.links.structure import structure

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.harness import Result

_WORDNET = Path("/usr/share/wordnet")
_DOCUMENTATION = Path("/usr/share/doc/python3.11/html")
_COMPILED_FROM = 10_000


def graphs(result: Result, quick: bool) -> dict[str, Graph]:
    """By name; what is not installed is noted in ``result``."""
    # A hundred thousand links are a matter of patience: thousands of questions to a smaller graph are worth a compiler.
    vars(structure)["COMPILED_FROM_LINKS"] = _COMPILED_FROM
    ways: dict[str, tuple[Path, Callable[[Path], Graph]]] = {
        "WordNet": (_WORDNET, Graph.read),
        "Python's standard library": (Path(sysconfig.get_path("stdlib")), _library),
        "Python's documentation": (_DOCUMENTATION, _documentation),
    }
    found: dict[str, Graph] = {}
    for name, (path, read) in list(ways.items())[: 1 if quick else None]:
        if path.exists():
            found[name] = read(path)
        else:
            result.not_run[name] = f"{path} is not there"
    return found


def _library(path: Path) -> Graph:
    """Modules, classes and functions with their docstrings; what they define, import, call and mention."""
    return Graph.read(path, format="python", exclude=["site-packages", "test"])


def _documentation(path: Path) -> Graph:
    """Sections and definitions of the HTML pages with their texts; what they contain and link to."""
    return Graph.read(path, format="documents", exclude=["genindex*", "contents.html"])
