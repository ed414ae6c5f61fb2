"""The scenarios of the openCypher TCK, read off its feature files; outlines have one scenario for each example."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEAD = re.compile(r"\s*(Scenario|Scenario Outline): (.*)")
_STEP = re.compile(r"\s*(Given|When|Then|And|But) (.*)")
_ERROR = re.compile(r"an? (\w+) should be raised at (.+): (\S+)")
_PROCEDURE = re.compile(r"there exists a procedure ([\w.]+)\(")
Rows = list[list[str]]


@dataclass
class Scenario:
    """One scenario: what it sets up, the query, and its rows (as cells of text, the header first) or its error."""

    name: str
    setup: list[str] = field(default_factory=list)
    parameters: Rows = field(default_factory=list)
    query: str = ""
    rows: Rows | None = None
    is_ordered: bool = False
    ignores_list_order: bool = False
    error: tuple[str, str, str] | None = None
    steps: list[str] = field(default_factory=list)
    tables: dict[str, Rows] = field(default_factory=dict)
    """The rows of each procedure that there is."""


def read_scenarios(folder: Path) -> Iterator[Scenario]:
    """All scenarios of the feature files below ``folder``, in the order of their names."""
    for path in sorted(folder.rglob("*.feature")):
        yield from _read_file(path)


def _read_file(path: Path) -> Iterator[Scenario]:
    blocks: list[list[str]] = []
    background: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("#"):
            continue
        if _HEAD.match(line):
            blocks.append([])
        (blocks[-1] if blocks else background).append(line)
    steps = background[background.index("  Background:") :] if "  Background:" in background else []
    for block in blocks:
        block[1:1] = steps
        head = _HEAD.match(block[0])
        assert head
        name = f"{path.stem}: {head[2]}"
        if head[1] == "Scenario":
            yield _read_scenario(name, block[1:])
        else:
            yield from _read_outline(name, block[1:])


def _read_outline(name: str, lines: list[str]) -> Iterator[Scenario]:
    start = next(index for index, line in enumerate(lines) if line.strip() == "Examples:")
    table = [_cells(line) for line in lines[start + 1 :] if line.strip().startswith("|")]
    for number, row in enumerate(table[1:], 1):
        text = "\n".join(lines[:start])
        for key, value in zip(table[0], row, strict=True):
            text = text.replace(f"<{key}>", value)
        yield _read_scenario(f"{name} #{number}", text.split("\n"))


def _read_scenario(name: str, lines: list[str]) -> Scenario:
    scenario, step, at = Scenario(name), "", 0
    while at < len(lines):
        line = lines[at]
        found = _STEP.match(line)
        if line.strip() == '"""':
            end = (
                at + 1 + next(i for i, each in enumerate(lines[at + 1 :]) if each.strip() == '"""')
            )
            _take_text(scenario, step, "\n".join(lines[at + 1 : end]))
            at = end
        elif line.strip().startswith("|"):
            _take_row(scenario, step, _cells(line))
        elif found:
            step = found[2]
            scenario.steps.append(step)
            _take_step(scenario, step)
        at += 1
    return scenario


def _take_step(scenario: Scenario, step: str) -> None:
    error = _ERROR.search(step)
    if error:
        scenario.error = error[1], error[2], error[3]
    if step.startswith("the result should be") and scenario.rows is None:
        scenario.rows = []
        scenario.is_ordered = "in order" in step
        scenario.ignores_list_order = "ignoring element order" in step


def _take_text(scenario: Scenario, step: str, text: str) -> None:
    if step.startswith("executing control query"):
        scenario.setup.append(scenario.query)
        scenario.query, scenario.rows = text, None
    elif step.startswith("executing query"):
        scenario.query = text
    else:
        scenario.setup.append(text)


def _take_row(scenario: Scenario, step: str, row: list[str]) -> None:
    if step.startswith("parameters"):
        scenario.parameters.append(row)
    elif step.startswith("the result should be"):
        assert scenario.rows is not None
        scenario.rows.append(row)
    elif found := _PROCEDURE.match(step):
        scenario.tables.setdefault(found[1], []).append(row)


def _cells(line: str) -> list[str]:
    cells = re.split(r"(?<!\\)\|", line.strip())[1:-1]
    return [re.sub(r"\\([\\|n])", _unescape, each.strip()) for each in cells]


def _unescape(found: re.Match[str]) -> str:
    return "\n" if found[1] == "n" else found[1]
