"""A Python source tree: modules, classes and functions that define, import, call and mention each other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.importers.python_source.files import SUFFIXES, python_files
from focusmesh.engine.importers.python_source.mentions import mentions
from focusmesh.engine.importers.python_source.resolve import Resolver
from focusmesh.engine.importers.python_source.scopes import scopes_of
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.source import file_errors
from focusmesh.engine.links import LinkColumns, Names
from focusmesh.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.python_source.files import PythonFile
    from focusmesh.engine.importers.python_source.scopes import Scope

RELATIONS = ("defines", "imports", "calls", "mentions")
_MOST_FILE_BYTES = 1 << 24


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of the Python files under ``path``; nothing is executed or imported.

    Particles are modules, classes and functions by their dotted names, with signature and docstring as text. A link's
    weight is how often it occurs. What names alone do not resolve within the tree gives no link. A file that does not
    parse is a bad line. Holds one summary a definition, never more than one syntax tree.
    """
    files = python_files(path, reading)
    throttle = reading.throttle(len(files), "files")
    scopes: list[Scope] = []
    for done, file in enumerate(files):
        throttle.at(done)
        scopes.extend(_scopes(file, reading))
    throttle.finish(len(files))
    resolver = Resolver(scopes)
    return _columns(resolver, _count_links(scopes, resolver))


def _scopes(file: PythonFile, reading: Reading) -> list[Scope]:
    """Scopes of one file, none for one that cannot be read or parsed."""
    where = str(file.path)
    try:
        with file_errors(file.path):
            if file.path.stat().st_size > _MOST_FILE_BYTES:
                reading.refuse(1, f"the file is larger than {_MOST_FILE_BYTES} bytes", where)
                return []
            source = file.path.read_bytes()
    except FileError as error:
        reading.refuse(1, str(error), where)
        return []
    reading.line_count += source.count(b"\n")
    try:
        return scopes_of(source, file.module, file.is_package)
    except SyntaxError as error:
        reading.refuse(error.lineno or 1, f"does not parse: {error.msg}", where)
    except (ValueError, RecursionError, MemoryError) as error:
        reading.refuse(1, f"does not parse: {str(error) or type(error).__name__}", where)
    return []


def _count_links(scopes: list[Scope], resolver: Resolver) -> Counter[tuple[str, str, str]]:
    """How often each (source, target, relation) occurs; what calls or mentions itself is left out."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for scope in scopes:
        name = scope.name
        around = scope.parent.name if scope.parent else name.rpartition(".")[0]
        if around in resolver.scopes:
            counts[around, name, "defines"] = 1
        found = (
            ("imports", Counter(_each(map(resolver.module, scope.imports.elements())))),
            ("calls", _calls(scope, resolver)),
            ("mentions", mentions(scope, resolver)),
        )
        for relation, targets in found:
            for target, count in targets.items():
                if target != name:
                    counts[name, target, relation] += count
    return counts


def _calls(scope: Scope, resolver: Resolver) -> Counter[str]:
    called: Counter[str] = Counter()
    for name, count in scope.calls.items():
        target = resolver.within(scope, name)
        if target is not None:
            called[target] += count
    return called


def _each(names: Iterable[str | None]) -> Iterator[str]:
    return (name for name in names if name is not None)


def _columns(resolver: Resolver, counts: Counter[tuple[str, str, str]]) -> LinkColumns:
    index = {name: i for i, name in enumerate(resolver.scopes)}
    ends = [
        (index[source], index[target], RELATIONS.index(kind)) for source, target, kind in counts
    ]
    table = np.array(ends, dtype=np.uint32).reshape(-1, 3)
    weight = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))
    return LinkColumns(
        Names.texts(index),
        table[:, 0].copy(),
        table[:, 1].copy(),
        weight=None if bool(np.all(weight == 1)) else weight,
        relations=Names.texts(RELATIONS),
        relation=table[:, 2].copy(),
        texts=Names.texts(scope.text for scope in resolver.scopes.values()),
    )


IMPORTER = Importer(
    name="python",
    suffixes=SUFFIXES,
    summary="directory of Python source: modules, classes, functions and how they use each other",
    read=read,
    compressed=False,
    directory=True,
    of_files=True,
    names=("pyproject.toml", "setup.py", "setup.cfg", "__init__.py"),
)
