"""The two drawings of ARCHITECTURE.md: the layers, made from the imports, and the nine boxes, held against them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tests.tidy.packages import LEAVES, package_edges, reachable, reduced, rungs
from tests.tidy.tree import ROOT, sources

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.tidy.tree import Source

PAGE = ROOT / "ARCHITECTURE.md"
WALKS = ("rank", "recall", "link", "block")
"""What is walked through the nine boxes."""
_LAYERS = re.compile(r"(<!-- layers -->\n).*?(<!-- end of layers -->)", re.DOTALL)
_WALKS = re.compile(r"<!-- walks -->\n(.*?)<!-- end of walks -->", re.DOTALL)
_BOX = re.compile(r'^ *(\w+)\["(\d) ([\w/.]+)"\]$', re.MULTILINE)
_ARROW = re.compile(r'^ *(\w+) -- "([\w, ]+)" --> (\w+)$', re.MULTILINE)


class Walks(NamedTuple):
    """The second drawing: packages by the name of their box, and arrows with the walks that take them."""

    boxes: dict[str, str]
    arrows: list[tuple[str, str, list[str]]]


def layers(tree: Collection[Source]) -> str:
    """The Mermaid drawing of the layers: packages rung by rung, and no arrow that a longer way implies."""
    above = package_edges(tree, 1)
    inside = package_edges(tree, 2)
    lines = ["```mermaid", "flowchart TD"]
    for row in reversed(rungs(above)):
        lines += [f'    {layer}["{_label(layer, tree, inside)}"]' for layer in row]
    for layer, below in sorted(reduced(above).items()):
        lines += [f"    {layer} --> {each}" for each in sorted(below)]
    return "\n".join([*lines, "```", ""])


def _label(layer: str, tree: Collection[Source], inside: dict[str, set[str]]) -> str:
    if layer == LEAVES:
        modules = (each.module.split(".") for each in tree if not each.is_package)
        rows = [sorted(parts[1] for parts in modules if len(parts) == 2)]
    else:
        own = {
            name: {each for each in below if each.startswith(f"{layer}.")}
            for name, below in inside.items()
            if name.startswith(f"{layer}.")
        }
        rows = [[name.partition(".")[2] for name in row] for row in reversed(rungs(own))]
    return "<br/>".join([f"<b>{layer}</b>", *(" · ".join(row) for row in rows)])


def with_layers(page: str, tree: Collection[Source]) -> str:
    """The page with the first drawing made anew. Raises ValueError where it has no marks for it."""
    if not _LAYERS.search(page):
        raise ValueError("no <!-- layers --> in the page")
    return _LAYERS.sub(lambda found: f"{found[1]}\n{layers(tree)}\n{found[2]}", page)


def walks(page: str) -> Walks:
    """The second drawing, read. Raises ValueError where it is not there."""
    found = _WALKS.search(page)
    if not found:
        raise ValueError("no <!-- walks --> in the page")
    boxes = {name: path for name, _, path in _BOX.findall(found[1])}
    arrows = [(one, two, words.split(", ")) for one, words, two in _ARROW.findall(found[1])]
    return Walks(boxes, arrows)


def walk_faults(drawn: Walks, tree: Collection[Source]) -> list[str]:
    """Arrows that no import bears out, arrows that lead back up, walks that are not drawn."""
    edges = package_edges(tree, 2)
    faults = [f"no package {path}" for path in drawn.boxes.values() if _dotted(path) not in edges]
    for one, two, named in drawn.arrows:
        if one not in drawn.boxes or two not in drawn.boxes:
            faults.append(f"{one} or {two} is no box")
            continue
        upper, lower = _dotted(drawn.boxes[one]), _dotted(drawn.boxes[two])
        if lower not in reachable(edges, upper):
            faults.append(f"{upper} never imports {lower}")
        if upper in reachable(edges, lower):
            faults.append(f"{lower} leads back up to {upper}")
        faults += [f"no walk is named {each}" for each in named if each not in WALKS]
    drawn_walks = {each for _, _, named in drawn.arrows for each in named}
    return faults + [f"{each} is not drawn" for each in WALKS if each not in drawn_walks]


def _dotted(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def write() -> None:
    """Makes the drawing of the layers anew."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_layers(page, sources("src")), encoding="utf-8")
