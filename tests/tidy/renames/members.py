"""Attributes: the type checker knows the class of what stands before the dot, and so which method is meant."""

from __future__ import annotations

import ast
from collections import defaultdict
from contextlib import chdir
from pathlib import Path
from shutil import copy2, copytree, ignore_patterns
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mypy import build, main
from mypy.nodes import Expression, MypyFile, RefExpr, SymbolTable, TypeInfo
from mypy.traverser import NameAndMemberCollector
from mypy.types import (
    AnyType,
    FunctionLike,
    Instance,
    ProperType,
    TupleType,
    Type,
    TypedDictType,
    TypeType,
    TypeVarLikeType,
    UnionType,
    get_proper_type,
)

from tests.tidy.renames.scopes import open_lines
from tests.tidy.renames.table import Edit
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tests.tidy.renames.table import Renames


def check_types(folders: Sequence[str], again: Collection[str]) -> build.BuildResult:
    """The project as the type checker understands it, with the trees of the files ``again``, in minutes.

    All others come from the checker's cache. It reads a file anew that has changed, so it is given a copy of the
    project in which each of these is longer by a line.
    """
    with TemporaryDirectory() as place, chdir(place):
        for folder in folders:
            copytree(ROOT / folder, folder, ignore=ignore_patterns("__pycache__", "node_modules"))
        copy2(ROOT / "pyproject.toml", "pyproject.toml")
        if (ROOT / ".mypy_cache").is_dir():
            copytree(ROOT / ".mypy_cache", ".mypy_cache")
        for path in again:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write("\n")
        files, options = main.process_options(["--strict", *folders])
        options.export_types = options.preserve_asts = True
        return build.build(files, options)


class Members:
    """Gathers the edits of a module; ``unknown`` says where no type tells which method is meant."""

    def __init__(
        self, path: str, tree: MypyFile, types: dict[Expression, Type], renames: Renames
    ) -> None:
        self.edits: list[Edit] = []
        self.taken: list[str] = []
        self.unknown: list[str] = []
        self._path, self._types, self._renames = path, types, renames
        self._lines = open_lines(path)
        self._module = tree.fullname
        self._infos = {info.defn.line: info for info in _classes(tree.names, tree.fullname)}
        collector = NameAndMemberCollector()
        tree.accept(collector)
        self._members = collector.member_exprs
        named = [*collector.name_exprs, *collector.member_exprs]
        self._owners = {(each.line, each.column, each.end_column): each for each in named}

    def run(self, tree: ast.Module) -> None:
        """``tree`` is the module's as Python parses it."""
        for member in self._members:
            if member.name in self._renames.old_names:
                self._refer(member, member.name, member.expr)
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.lineno in self._infos:
                self._override(node, self._infos[node.lineno])
            elif isinstance(node, ast.Call):
                self._replace(node)

    def _replace(self, node: ast.Call) -> None:
        """``setattr(thing, "name", …)``, as tests put something else in a method's place."""
        function = node.func
        called = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        if called not in ("setattr", "delattr", "getattr", "object") or len(node.args) < 2:
            return
        thing, text = node.args[:2]
        if not isinstance(text, ast.Constant) or text.value not in self._renames.old_names:
            return
        owner = self._owners.get((thing.lineno, thing.col_offset, thing.end_col_offset))
        for new in set() if owner is None else self._meant(owner, str(text.value)):
            if new is not None:
                self._edit(text.lineno, text.col_offset + 1, str(text.value), new)

    def _override(self, node: ast.ClassDef, info: TypeInfo) -> None:
        """A method that stands for one of a base class is renamed with it, and what asks ``super()`` for it."""
        for each in node.body:
            if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for inner in ast.walk(each):
                if isinstance(inner, ast.Attribute) and _is_super(inner.value):
                    self._ask_super(inner, info)
            if each.name not in self._renames.old_names:
                continue
            new = self._of_class(info, each.name, first=1)
            own = self._renames.new.get(f"{info.fullname}.{each.name}")
            if own is not None and new is None and info.get(own) is not None:
                self.taken.append(f"{self._path}:{each.lineno}: {info.name} has {own} already")
            elif own is None and new is not None:
                at = self._lines[each.lineno - 1].find(f"def {each.name}".encode()) + len("def ")
                self._edit(each.lineno, at, each.name, new)

    def _ask_super(self, node: ast.Attribute, info: TypeInfo) -> None:
        new = self._of_class(info, node.attr, first=1)
        if new is not None:
            at = (node.end_col_offset or 0) - len(node.attr.encode())
            self._edit(node.end_lineno or node.lineno, at, node.attr, new)

    def _refer(self, node: Expression, name: str, owner: Expression) -> None:
        found = self._meant(owner, name)
        news = {each for each in found if each is not None}
        if len(news) == 1 and (None not in found or len(found) > 1):
            self._edit_end(node, name, news.pop())
        elif news:
            self.unknown.append(
                f"{self._path}:{node.line}: {name} could become any of {sorted(news)}"
            )

    def _meant(self, owner: Expression, name: str) -> set[str | None]:
        """The new names that an attribute of an expression may have; None among them where it may have kept its own."""
        if isinstance(owner, RefExpr) and isinstance(owner.node, MypyFile):
            return {self._renames.new.get(f"{owner.node.fullname}.{name}")}
        kind = self._types.get(owner)
        if kind is None:
            return {None}
        found: set[str | None] = set()
        for each in _parts(get_proper_type(kind)):
            if isinstance(each, AnyType):
                # A library without types may have a method of that name, which no checker would miss.
                self.unknown.append(
                    f"{self._path}:{owner.line}: the type of what has {name} is not known"
                )
                found.add(None)
            elif isinstance(each, Instance):
                found.add(self._of_class(each.type, name))
        return found or {None}

    def _of_class(self, info: TypeInfo, name: str, first: int = 0) -> str | None:
        """What a class or one of its bases calls by now what it called ``name``."""
        keys = (f"{base.fullname}.{name}" for base in info.mro[first:])
        return next((self._renames.new[key] for key in keys if key in self._renames.new), None)

    def _edit_end(self, node: Expression, name: str, new: str) -> None:
        if node.end_line is not None and node.end_column is not None:
            self._edit(node.end_line, node.end_column - len(name.encode()), name, new)

    def _edit(self, line: int, column: int, old: str, new: str) -> None:
        self.edits.append(Edit(self._path, line, column, old, new))


def _is_super(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
    )


def _classes(names: SymbolTable, module: str) -> Iterator[TypeInfo]:
    """The classes of a module, those within classes and functions too."""
    for symbol in names.values():
        info = symbol.node
        if isinstance(info, TypeInfo) and info.module_name == module:
            yield info
            yield from _classes(info.names, module)


def _parts(kind: ProperType) -> Iterator[ProperType]:
    """The instances that something of a type may be; of a class the instances that it makes."""
    if isinstance(kind, UnionType):
        for each in kind.items:
            yield from _parts(get_proper_type(each))
    elif isinstance(kind, TypeType):
        yield from _parts(kind.item)
    elif isinstance(kind, FunctionLike) and kind.is_type_obj():
        yield Instance(kind.type_object(), [])
    elif isinstance(kind, TypeVarLikeType):
        yield from _parts(get_proper_type(kind.upper_bound))
    elif isinstance(kind, TupleType):
        yield kind.partial_fallback
    elif isinstance(kind, TypedDictType):
        yield kind.fallback
    else:
        yield kind


def by_path(edits: Iterable[Edit]) -> dict[str, set[Edit]]:
    """Edits by the file that they are in, each once."""
    found: defaultdict[str, set[Edit]] = defaultdict(set)
    for edit in edits:
        found[edit.path].add(edit)
    return dict(found)
