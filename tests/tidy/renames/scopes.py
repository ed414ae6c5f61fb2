"""Plain names: definitions of functions and classes, imports, and what the names in a scope stand for."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.tidy.renames.modules import home, imports, trees
from tests.tidy.renames.table import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tidy.renames.table import Renames

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_LOCAL = ""
"""What a variable stands for: nothing that could have been renamed."""


@dataclass
class _Scope:
    name: str
    is_class: bool = False
    bound: dict[str, str] = field(default_factory=dict)


class Names(ast.NodeVisitor):
    """Goes over a module and gathers edits, and complaints where a new name is taken already."""

    def __init__(self, path: str, module: str, renames: Renames) -> None:
        self.edits: list[Edit] = []
        self.taken: list[str] = []
        self._path, self._module, self._renames = path, module, renames
        self._lines = open_lines(path)
        self._scopes: list[_Scope] = []
        self._interesting = renames.old_names

    def run(self) -> None:
        self._enter(_Scope(self._module), trees()[self._module].body)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._define(node)
        for outer in (*node.decorator_list, node.returns, *_annotations(node.args)):
            if outer is not None:
                self.visit(outer)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        scope = _Scope(f"{self._scopes[-1].name}.{node.name}")
        scope.bound = dict.fromkeys(_arguments(node.args), _LOCAL)
        self._enter(scope, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._define(node)
        for outer in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(outer)
        self._enter(_Scope(f"{self._scopes[-1].name}.{node.name}", is_class=True), node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._scopes.append(_Scope("", bound=dict.fromkeys(_arguments(node.args), _LOCAL)))
        self.generic_visit(node)
        self._scopes.pop()

    def _comprehend(self, node: _Comprehension) -> None:
        targets = [name for each in node.generators for name in _stored(each.target)]
        self._scopes.append(_Scope("", bound=dict.fromkeys(targets, _LOCAL)))
        self.generic_visit(node)
        self._scopes.pop()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehend  # noqa: N815

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        source = imports(self._module, node)
        for each in node.names:
            if each.name not in self._interesting:
                continue
            new = self._renames.new.get(home(f"{source}.{each.name}", self._renames))
            if new is None:
                continue
            self._edit(each.lineno, each.col_offset, each.name, new)
            if each.asname == each.name:
                at = (each.end_col_offset or 0) - len(each.name.encode())
                self._edit(each.end_lineno or each.lineno, at, each.name, new)

    def visit_Name(self, node: ast.Name) -> None:
        new = self._new_name(node.id)
        if new is not None:
            self._edit(node.lineno, node.col_offset, node.id, new)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """``module.name``, where the module is one of the project."""
        self.visit(node.value)
        if node.attr in self._interesting:
            module = self._module_of(node.value)
            new = module and self._renames.new.get(home(f"{module}.{node.attr}", self._renames))
            if new:
                at = (node.end_col_offset or 0) - len(node.attr.encode())
                self._edit(node.end_lineno or node.lineno, at, node.attr, new)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Dotted names of what tests replace, such as ``"focusmesh.lazy.lazily"``, and types that are quoted."""
        if not isinstance(node.value, str) or node.lineno != node.end_lineno:
            return
        line = self._lines[node.lineno - 1]
        for found in re.finditer(
            rb"focusmesh(?:\.\w+)+", line[node.col_offset : node.end_col_offset]
        ):
            if found[0].decode() != node.value:
                continue
            owner, _, word = found[0].decode().rpartition(".")
            new = self._renames.new.get(home(f"{owner}.{word}", self._renames))
            if new is not None and word in self._interesting:
                self._edit(node.lineno, node.col_offset + found.end() - len(word), word, new)

    def visit_Call(self, node: ast.Call) -> None:
        """The first argument of ``cast`` may be a type in quotes."""
        if isinstance(node.func, ast.Name) and node.func.id == "cast" and node.args:
            self._quoted(node.args[0])
        self.generic_visit(node)

    def _quoted(self, node: ast.expr) -> None:
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            return
        text = self._lines[node.lineno - 1][node.col_offset : node.end_col_offset]
        for word in re.finditer(rb"\w+", text):
            new = self._new_name(word[0].decode())
            if new is not None:
                self._edit(node.lineno, node.col_offset + word.start(), word[0].decode(), new)

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        new = self._renames.new.get(f"{self._scopes[-1].name}.{node.name}")
        if new is None:
            return
        if new in self._scopes[-1].bound:
            self.taken.append(f"{self._path}:{node.lineno}: {node.name}: {new} is there already")
        first = node.lineno - 1
        found = re.compile(rf"\b(?:def|class)\s+{node.name}\b".encode()).search(self._lines[first])
        assert found is not None
        self._edit(first + 1, found.end() - len(node.name), node.name, new)

    def _new_name(self, word: str) -> str | None:
        """What a name is called now, by what the scopes around say that it stands for."""
        if word not in self._interesting:
            return None
        passed: list[_Scope] = []
        for depth, scope in enumerate(reversed(self._scopes)):
            if scope.is_class and depth:
                continue
            passed.append(scope)
            if word in scope.bound:
                new = self._renames.new.get(home(scope.bound[word], self._renames))
                if new is not None:
                    self.taken += [
                        f"{self._path}: {word}: {new} is another thing in {each.name}"
                        for each in passed
                        if new in each.bound
                    ]
                return new
        return None

    def _module_of(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Attribute):
            around = self._module_of(node.value)
            found = around and f"{around}.{node.attr}"
        elif isinstance(node, ast.Name):
            found = next(
                (each.bound[node.id] for each in reversed(self._scopes) if node.id in each.bound),
                None,
            )
            found = found and home(found, self._renames)
        else:
            return None
        return found if found in trees() or found == "focusmesh" else None

    def _enter(self, scope: _Scope, body: list[ast.stmt]) -> None:
        for node in _own_nodes(body):
            if isinstance(node, ast.ImportFrom):
                source = imports(self._module, node)
                for each in node.names:
                    scope.bound[each.asname or each.name] = f"{source}.{each.name}"
            elif isinstance(node, ast.Import):
                for each in node.names:
                    scope.bound[each.asname or each.name.partition(".")[0]] = (
                        each.name if each.asname else each.name.partition(".")[0]
                    )
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                scope.bound[node.name] = f"{scope.name}.{node.name}"
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                scope.bound.setdefault(node.id, _LOCAL)
            elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
                scope.bound.setdefault(node.name, _LOCAL)
        self._scopes.append(scope)
        for statement in body:
            self.visit(statement)
        self._scopes.pop()

    def _edit(self, line: int, column: int, old: str, new: str) -> None:
        self.edits.append(Edit(self._path, line, column, old, new))


def has_members(tree: ast.Module, renames: Renames) -> bool:
    """Whether a module has attributes, or methods, or texts of the names that methods bore."""
    words = renames.old_names
    return any(
        (isinstance(node, ast.Attribute) and node.attr in words)
        or (isinstance(node, ast.ClassDef) and not words.isdisjoint(_methods(node)))
        or (isinstance(node, ast.Call) and not words.isdisjoint(_texts(node)))
        for node in ast.walk(tree)
    )


def _methods(node: ast.ClassDef) -> list[str]:
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return [each.name for each in node.body if isinstance(each, functions)]


def _texts(node: ast.Call) -> list[str]:
    return [
        each.value
        for each in node.args[1:2]
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]


def open_lines(path: str) -> list[bytes]:
    """The lines of a file of the project, as bytes, since columns count them."""
    from tests.tidy.tree import ROOT

    return (ROOT / path).read_bytes().split(b"\n")


def _own_nodes(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """All nodes of a body that its own scope sees: none of functions, classes and comprehensions within."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _Function | ast.ClassDef | _Comprehension):
            waiting += ast.iter_child_nodes(node)


def _stored(target: ast.expr) -> list[str]:
    return [each.id for each in ast.walk(target) if isinstance(each, ast.Name)]


def _all_arguments(given: ast.arguments) -> list[ast.arg]:
    single = [each for each in (given.vararg, given.kwarg) if each is not None]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *single]


def _arguments(given: ast.arguments) -> list[str]:
    return [each.arg for each in _all_arguments(given)]


def _annotations(given: ast.arguments) -> list[ast.expr | None]:
    return [each.annotation for each in _all_arguments(given)]
