"""The README of each package: its head is written by hand, its list of files and of imports is made from the code."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tests.tidy.imports import LAYERS
from tests.tidy.packages import LEAVES, package_edges
from tests.tidy.tree import ROOT, sources

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tests.tidy.packages import Edges
    from tests.tidy.tree import Source

LINES = (10, 45)
"""A README is no shorter and no longer."""
_FILES = re.compile(r"(<!-- files -->\n).*?(<!-- end of files -->)", re.DOTALL)
_CODE = re.compile(r"`([^`\s]+)`")
_LINK = re.compile(r"\]\(([^)#\s]+)\)")


def folders(tree: Iterable[Source]) -> list[PurePosixPath]:
    """The folders that need a README: each layer, and each package directly in one."""
    return [
        path
        for path in (PurePosixPath(source.path).parent for source in tree if source.is_package)
        if len(path.parts) in (3, 4) and path.parts[2] in LAYERS
    ]


def texts(root: Path, chosen: Iterable[PurePosixPath]) -> dict[PurePosixPath, str]:
    """The READMEs that there are, by folder."""
    paths = {folder: root / folder / "README.md" for folder in chosen}
    return {
        folder: path.read_text(encoding="utf-8") for folder, path in paths.items() if path.is_file()
    }


def with_files(readme: str, folder: PurePosixPath, tree: Collection[Source], edges: Edges) -> str:
    """The README with what is made from the code made anew. Raises ValueError where it has no marks for it."""
    if not _FILES.search(readme):
        raise ValueError(f"{folder}/README.md has no <!-- files -->")
    listed = _listed(folder, tree, edges)
    return _FILES.sub(lambda found: f"{found[1]}\n{listed}\n{found[2]}", readme)


def all_edges(tree: Collection[Source]) -> Edges:
    """Who imports whom, of layers and of packages."""
    return package_edges(tree, 1) | package_edges(tree, 2)


def _listed(folder: PurePosixPath, tree: Collection[Source], edges: Edges) -> str:
    name = ".".join(folder.parts[2:])
    imported = ", ".join(f"`{each}`" for each in sorted(edges[name] - {LEAVES}))
    lines = [f"Imports {imported}.\n"] if imported else ["Imports nothing but the leaves.\n"]
    below: dict[str, list[Source]] = defaultdict(list)
    for source in tree:
        path = PurePosixPath(source.path)
        if path.is_relative_to(folder) and path != folder / "__init__.py":
            below[path.relative_to(folder).parts[0]].append(source)
    for first, members in sorted(below.items()):
        lines.append(_line(folder / first, members))
    return "\n".join(lines) + "\n"


def _line(path: PurePosixPath, members: list[Source]) -> str:
    """One file, or one folder with the files in it, unless they have a README of their own."""
    if path.suffix:
        return f"- `{path.name}`: {_first(members[0])}"
    door = next(source for source in members if PurePosixPath(source.path).parent == path)
    if len(path.parts) == 4:
        return f"- [{path.name}]({path.name}/README.md): {_first(door)}"
    inside = (PurePosixPath(source.path).relative_to(path) for source in members)
    files = ", ".join(f"`{each}`" for each in sorted(map(str, inside)) if "__init__" not in each)
    return (
        f"- `{path.name}/`: {_first(door)} {files}"
        if files
        else f"- `{path.name}/`: {_first(door)}"
    )


def _first(source: Source) -> str:
    """The first paragraph of a docstring, in one line."""
    text = (ast.get_docstring(source.tree) or "").partition("\n\n")[0]
    return re.sub(r"``([^`]+)``", r"`\1`", " ".join(text.split()))


def faults(
    tree: Collection[Source], readmes: Mapping[PurePosixPath, str], there: Collection[str]
) -> list[str]:
    """What is wrong with the READMEs of a tree whose files are ``there``."""
    found = []
    edges = all_edges(tree)
    for folder in folders(tree):
        path, text = f"{folder}/README.md", readmes.get(folder, "")
        if not text:
            found.append(
                f"{path} is missing: what it is for, where to start reading, what must hold"
            )
            continue
        if with_files(text, folder, tree, edges) != text:
            found.append(f"{path} is not what the code says; run python -m tests.tidy")
        count = len(text.splitlines())
        if not LINES[0] <= count <= LINES[1]:
            found.append(f"{path} has {count} lines; {LINES[0]} to {LINES[1]}")
        found += [
            f"{path} lacks **{each}**"
            for each in ("Start reading", "What must hold")
            if f"**{each}**" not in text
        ]
        head = _FILES.sub("", text)
        named = [*_LINK.findall(head), *(one for one in _CODE.findall(head) if _is_path(one))]
        found += [
            f"{path} names {each}, which is not there"
            for each in named
            if not _exists(each, folder, there)
        ]
    return found


def repeated(tree: Iterable[Source]) -> list[str]:
    """Docstrings of packages that say again what their README says."""
    listed = list(tree)
    chosen = {f"{folder}/__init__.py" for folder in folders(listed)}
    return [
        f"{source.path}: where to start reading stands in its README"
        for source in listed
        if source.path in chosen and "Start reading" in (ast.get_docstring(source.tree) or "")
    ]


def _is_path(word: str) -> bool:
    return word.endswith((".py", ".md", ".toml")) and "*" not in word and "<" not in word


def _exists(name: str, folder: PurePosixPath, there: Collection[str]) -> bool:
    return name in there or str(folder / name) in there


def write() -> None:
    """Makes anew what is made from the code, in every README that there is."""
    tree = sources("src")
    edges = all_edges(tree)
    for folder, text in texts(ROOT, folders(tree)).items():
        path = ROOT / folder / "README.md"
        path.write_text(with_files(text, folder, tree, edges), encoding="utf-8")
