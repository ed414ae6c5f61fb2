"""``python -m tests.tidy.renames``: applies the maps beside it to the tree, as often as one likes.

Definitions are found by module and qualified name, plain names by the scopes that they are in, attributes by what the
type checker knows of the thing before the dot. Comments, docstrings and strings stay, but for dotted names that tests
replace. What is left is told: attributes of things without a type, and names that are taken. After a merge it is run
again: what the other branches added under old names is renamed then.
"""

from __future__ import annotations

import subprocess
import sys

from tests.tidy.renames.members import Members, by_path, check_types
from tests.tidy.renames.modules import trees
from tests.tidy.renames.scopes import Names, has_members, open_lines
from tests.tidy.renames.table import Edit, read_renames
from tests.tidy.tree import ROOT, sources

FOLDERS = ("src", "tests", "benchmarks", "docs")


def run() -> int:
    """Renames in all files; 1 where something is left to look at."""
    renames = read_renames()
    paths = {source.module: source.path for source in sources(*FOLDERS)}
    edits: list[Edit] = []
    told: list[str] = []
    for module, path in paths.items():
        names = Names(path, module, renames)
        names.run()
        edits += names.edits
        told += names.taken
    again = {path for module, path in paths.items() if has_members(trees()[module], renames)}
    checked = check_types(FOLDERS, again)
    for state in checked.graph.values():
        if state.tree is None or paths.get(state.id) not in again:
            continue
        members = Members(paths[state.id], state.tree, checked.types, renames)
        members.run(trees()[state.id])
        edits += members.edits
        told += members.taken + members.unknown
    changed = [path for path, found in by_path(edits).items() if apply(path, found)]
    tidy(changed)
    sys.stdout.writelines(f"{line}\n" for line in dict.fromkeys(told))
    sys.stdout.write(f"{len(set(edits))} names changed in {len(changed)} files\n")
    return 1 if told else 0


def apply(path: str, edits: set[Edit]) -> bool:
    """Writes a file with its edits, those of a line from its end. Raises ValueError where an old name is not there."""
    lines = open_lines(path)
    for edit in sorted(edits, key=lambda each: (each.line, -each.column)):
        line, old = lines[edit.line - 1], edit.old.encode()
        if line[edit.column : edit.column + len(old)] != old:
            raise ValueError(f"{path}:{edit.line}:{edit.column}: there is no {edit.old}")
        lines[edit.line - 1] = (
            line[: edit.column] + edit.new.encode() + line[edit.column + len(old) :]
        )
    (ROOT / path).write_bytes(b"\n".join(lines))
    return bool(edits)


def tidy(paths: list[str]) -> None:
    """Imports are sorted and lines broken anew."""
    for command in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"]):
        if paths:
            subprocess.run([sys.executable, "-m", "ruff", *command, *paths], cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(run())
