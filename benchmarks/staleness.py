"""``python -m benchmarks.staleness``: lists the tracked tables whose code has changed since they were measured.

A benchmark measures the packages that it imports, itself or by way of other modules of the benchmarks. A table keeps
their digests; where one is another today, its page says so. Comments, docstrings and layout do not count.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.data.graphs import ROOT
from benchmarks.harness import RESULTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SOURCE = ROOT / "src"
GRAPH = ("engine.focus", "engine.graph", "engine.links")
"""What is measured where ``focusmesh`` itself is imported."""
UNSEEN = {
    "attack": GRAPH,
    "build": ("engine.importers", "engine.links"),
    "compile": ("engine.compile", "engine.focus"),
    "context": ("engine.focus",),
    "import": ("engine.importers", "engine.links"),
    "networkx": ("engine.focus", "interface.networkx"),
    "full": ("engine.focus", "engine.links"),
    "linked": ("engine.focus", "engine.links"),
    "rank": ("engine.focus", "engine.links"),
    "scale": ("engine.focus", "engine.links"),
    "sizes": ("engine.focus", "engine.graph", "engine.links"),
    "start": ("interface.cli",),
    "walk": ("engine.focus",),
}
"""What benchmarks measure in processes of their own, where no import shows it."""


def measured(name: str, root: Path = ROOT) -> list[str]:
    """The packages that a benchmark measures, such as ``kernel.block``, sorted."""
    found = set(UNSEEN.get(name, ()))
    waiting, seen = sorted((root / "benchmarks").rglob(f"bench_{name}.py")), set[Path]()
    while waiting:
        path = waiting.pop()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        for imported in _imports(ast.parse(path.read_text(encoding="utf-8"))):
            parts = imported.split(".")
            if parts[0] == "benchmarks":
                inside = [root.joinpath(*parts[:depth]) for depth in (2, 3, 4)]
                waiting += [each.with_suffix(".py") for each in inside]
                waiting += [each / "__init__.py" for each in inside]
            elif parts[0] == "focusmesh":
                found |= {".".join(parts[1:3])} if len(parts) > 2 else set(GRAPH)
    return sorted(each for each in found if _files(each, root / "src"))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files(package: str, source: Path) -> list[Path]:
    """The modules of a package, or the one of that name."""
    path = (source / "focusmesh").joinpath(*package.split("."))
    return sorted(path.rglob("*.py")) or [
        each for each in [path.with_suffix(".py")] if each.is_file()
    ]


@cache
def digest(package: str, source: Path = SOURCE) -> str:
    """Of the code of a package: names of its files, and what they do; 16 hexadecimal digits of SHA-256."""
    total = hashlib.sha256()
    for path in _files(package, source):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                node.body = [each for each in node.body if not _is_text(each)]
        total.update(f"{path.relative_to(source)}\n{ast.dump(tree)}\n".encode())
    return total.hexdigest()[:16]


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def digests(name: str) -> dict[str, str]:
    """Of all packages that a benchmark measures, as they are now: what its table keeps."""
    return {package: digest(package) for package in measured(name)}


def changed(result: Mapping[str, Any], now: Mapping[str, str]) -> list[str] | None:
    """The packages that changed since a table was measured; None where the table kept no digests."""
    if "measures" not in result:
        return None
    before = result["measures"]
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def remark(result: Mapping[str, Any], now: Mapping[str, str]) -> str:
    """What the page says beside a table; "" where the code is what was measured."""
    found = changed(result, now)
    if found == []:
        return ""
    where = f" at commit {result['machine']['commit']}," if "commit" in result["machine"] else ""
    what = "tables kept digests of" if found is None else "the last change of"
    return f"*Measured{where} before {what} the code that it measures.*\n"


def main() -> None:
    """Names each table that is not of today's code, and why. Nothing fails by it."""
    for path in sorted(RESULTS.glob("*.json")):
        result = json.loads(path.read_text(encoding="utf-8"))
        if path.name.endswith(".local.json") or "benchmark" not in result:
            continue
        found = changed(result, digests(result["benchmark"]))
        if found != []:
            why = "kept no digests" if found is None else f"changed since: {', '.join(found)}"
            sys.stdout.write(f"{path.name}: {why}\n")


if __name__ == "__main__":
    main()
