"""The scores of the areas: kept in one file, shown in docs/explanation/test-strength.md.

An area that is measured again replaces its score. A score keeps the digest of the modules that were changed, so that
the page says where they are no longer those.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tests.mutants.areas import AREAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "test-strength.md"
_BLOCK = re.compile(r"(<!-- mutants -->\n).*(\n<!-- end of mutants -->)", re.DOTALL)


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the mutants of an area. ``explained``: survivors that no test could notice, with the reason."""

    area: str
    mutants: int
    killed: int
    explained: int
    seed: int
    date: str
    digest: str


def digest(files: Iterable[Path]) -> str:
    """Of the modules of an area: 16 hexadecimal digits of SHA-256."""
    total = hashlib.sha256()
    for path in files:
        total.update(path.read_bytes() + b"\0")
    return total.hexdigest()[:16]


def keep(path: Path, new: Sequence[Score]) -> None:
    """Writes the new scores to the file, beside those of other areas that are there."""
    scores = {each.area: each for each in (*read(path), *new)}
    rows = [scores[area] for area in AREAS if area in scores]
    path.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n")


def write_page(path: Path, page: Path = PAGE) -> None:
    """Writes the table of the page anew from the file of scores."""
    table = render({each.area: each for each in read(path)})
    page.write_text(_BLOCK.sub(lambda found: found[1] + table + found[2], page.read_text()))


def render(scores: dict[str, Score], root: Path = ROOT) -> str:
    """The table, a row for each area; an area without a score says so."""
    lines = [
        "",
        "| area | mutants | killed | no test could notice | unexplained | measured |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for name, area in AREAS.items():
        if name not in scores:
            lines.append(f"| {name} | | | | | not measured |")
            continue
        one = scores[name]
        left = one.mutants - one.killed - one.explained
        since = "" if digest(area.files(root)) == one.digest else ", before the code changed"
        lines.append(
            f"| {name} | {one.mutants} | {one.killed} | {one.explained} | {left} | {one.date}{since} |"
        )
    return "\n".join([*lines, ""])


def read(path: Path) -> list[Score]:
    """The scores of a file; none where there is no file."""
    return msgspec.json.decode(path.read_bytes(), type=list[Score]) if path.exists() else []
