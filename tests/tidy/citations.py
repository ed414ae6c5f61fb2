"""Citations in docs, docstrings and comments: what they point at exists, here or in the list of outside sources."""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

CITED = Path(__file__).with_name("cited.json")
"""Papers and standards that may be cited, by identifier, with their titles."""
EXAMPLES = {"b.md"}
"""Names of pages that stand for a user's own."""
_OUTSIDE = re.compile(
    r"\barXiv[: ]*\d{4}\.\d{4,5}|\bRFC ?\d+|\beprint \d+/\d+|\bFIPS \d+(?:-\d)?|\bSLIP-?\d+|\bISO[ /]\d[\d-]*"
    r"|\bANSI/ISA-[A-Z0-9.]*\d|\bNIST SP [\w-]*\w|\bdraft-[a-z]+-[a-z0-9-]*[a-z0-9]"
)
_PATH = re.compile(
    r"(?<![\w/.-])(?:docs|src/focusmesh|tests|benchmarks|scripts|web|requirements|deploy)/[\w./-]*[\w/](?![\w*{<…])"
)
_PAGE = re.compile(r"(?<![\w/.*-])[\w-]+\.md\b")
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)(#[^)\s]*)?\)")
_CODE = re.compile(r"`[^`]*`")
_MADE = re.compile(r"/_build|/[A-Z]+\.json$")
"""What is made on a machine, and names that stand for others."""
_RECORD = re.compile(r"\b[Dd]ecision(?:s| record)? (\d+)")
_HEADING = re.compile(r"^## (\d+)\. ", re.MULTILINE)
_RANGE = re.compile(r"^\| \[[^\]]*\]\((\S+\.md)\) \| ([\d–, ]+) \|", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def faults(name: str, text: str, there: Collection[str], records: Collection[int]) -> list[str]:
    """What one file cites that is not there; ``there`` has files and folders, ``records`` all numbers of decisions."""
    known = _known()
    found = []
    for number, line in enumerate(_without_fences(name, text).splitlines(), start=1):
        wrong = [f"{each} is not in {CITED.name}" for each in _outside(line) if each not in known]
        if "§" in line and not any(each in line.partition("§")[0] for each in known):
            wrong.append("§ of no source that is named before it")
        wrong += [f"no {each}" for each in _missing(name, line, there)]
        wrong += [
            f"no decision {each}" for each in _RECORD.findall(line) if int(each) not in records
        ]
        found += [f"{name}:{number}: {each}" for each in wrong]
    return found


@cache
def _known() -> dict[str, str]:
    titles: dict[str, str] = json.loads(CITED.read_text(encoding="utf-8"))
    return titles


def _without_fences(name: str, text: str) -> str:
    """Code in pages runs as a test of its own; lines keep their numbers."""
    if not name.endswith(".md"):
        return text
    return _FENCE.sub(lambda block: "\n" * block[0].count("\n"), text)


def _outside(line: str) -> list[str]:
    """Identifiers in the spelling of the list."""
    return [
        re.sub(
            r"^arXiv[: ]*", "arXiv ", re.sub(r"^RFC ?", "RFC ", re.sub(r"^SLIP-?0*", "SLIP-", each))
        )
        for each in _OUTSIDE.findall(line)
    ]


def _missing(name: str, line: str, there: Collection[str]) -> list[str]:
    """Paths, pages and links that lead nowhere."""
    paths = [each.rstrip("./") for each in _PATH.findall(_LINK.sub("", line))]
    wrong = [each for each in paths if each not in there and not _MADE.search(each)]
    if name.endswith(".md"):
        targets = [target for target, _ in _LINK.findall(_CODE.sub("", line))]
        return wrong + [each for each in targets if _joined(name, each) not in there]
    pages = [each for each in _PAGE.findall(line) if each not in EXAMPLES]
    return wrong + [page for page in pages if not any(_is_named(each, page) for each in there)]


def _is_named(path: str, page: str) -> bool:
    return path == page or path.endswith(f"/{page}")


def _joined(name: str, target: str) -> str:
    parts: list[str] = []
    for part in (PurePosixPath(name).parent / target).parts:
        if part == "..":
            if not parts:
                return target
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def record_faults(index: str, areas: Mapping[str, str]) -> list[str]:
    """Where the index of decisions and its areas differ, and numbers that are used twice."""
    numbers = {area: [int(each) for each in _HEADING.findall(text)] for area, text in areas.items()}
    ranges = dict(_RANGE.findall(index))
    found = [f"{area} is not in the index" for area in sorted(numbers.keys() - ranges.keys())]
    for area, told in ranges.items():
        if sorted(set(numbers.get(area, []))) != _numbers(told):
            found.append(f"{area} has not the records {told.replace('–', ' to ')}")
    every = sorted(each for own in numbers.values() for each in own)
    return found + [f"record {one} twice" for one, two in pairwise(every) if one == two]


def _numbers(told: str) -> list[int]:
    """``1–3, 7`` as its numbers."""
    ends = [part.split("–") for part in told.split(",")]
    return [each for part in ends for each in range(int(part[0]), int(part[-1]) + 1)]


def records(areas: Mapping[str, str]) -> set[int]:
    """The numbers of all decisions."""
    return {int(each) for text in areas.values() for each in _HEADING.findall(text)}
