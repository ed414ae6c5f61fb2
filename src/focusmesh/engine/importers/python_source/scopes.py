"""What one Python file says: its modules, classes and functions, the names bound in each, and what each one calls.

Nothing is resolved here. The tree is walked without recursion in expressions, so that deep ones cannot end the walk.
"""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Scope:
    """A module, class or function.

    ``bindings`` maps a name to the absolute dotted name that its first import or definition gives it (where a
    platform or a missing package decides, the preferred one comes first), ``aliases`` to the dotted expression
    assigned to it; ``hidden`` are other assigned names and parameters, of which nothing is known.
    ``receiver`` is the first parameter of a method. ``calls`` counts the dotted names called.
    """

    name: str
    kind: str
    parent: Scope | None
    signature: str
    docstring: str
    bindings: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    stars: list[str] = field(default_factory=list)
    bases: list[str] = field(default_factory=list)
    receiver: str | None = None
    calls: Counter[str] = field(default_factory=Counter)
    imports: Counter[str] = field(default_factory=Counter)

    @property
    def text(self) -> str:
        """Signature and docstring."""
        return f"{self.signature}\n\n{self.docstring}" if self.docstring else self.signature


def scopes_of(source: bytes, module: str, is_package: bool) -> list[Scope]:
    """Scopes of a file, the module first, each before those inside it.

    Raises SyntaxError, ValueError, RecursionError or MemoryError, as the parser does.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    top = Scope(module, "module", None, f"module {module}", ast.get_docstring(tree) or "")
    package = module if is_package else module.rpartition(".")[0]
    found = [top]
    waiting: list[tuple[Scope, list[ast.stmt]]] = [(top, tree.body)]
    while waiting:
        scope, body = waiting.pop()
        inner = []
        for node in _own_nodes(body):
            if isinstance(node, Definition):
                child = _define(scope, node)
                found.append(child)
                inner.append((child, node.body))
            else:
                _note(scope, node, package)
        waiting.extend(reversed(inner))
    return found


def _own_nodes(body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    """Nodes of a body, without what lies in the bodies of definitions inside it."""
    waiting: list[ast.AST] = list(reversed(list(body)))
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Definition):
            waiting.extend(node.decorator_list)
            if isinstance(node, ast.ClassDef):
                waiting.extend((*node.bases, *(keyword.value for keyword in node.keywords)))
            else:
                waiting.extend(default for default in node.args.defaults)
                waiting.extend(default for default in node.args.kw_defaults if default)
        else:
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _define(parent: Scope, node: Definition) -> Scope:
    name = f"{parent.name}.{node.name}"
    parent.bindings.setdefault(node.name, name)
    docstring = ast.get_docstring(node) or ""
    if isinstance(node, ast.ClassDef):
        scope = Scope(name, "class", parent, _class_signature(node), docstring)
        scope.bases = [base for base in map(dotted_name, node.bases) if base]
        return scope
    scope = Scope(name, "function", parent, _function_signature(node), docstring)
    arguments = node.args
    listed = [*arguments.posonlyargs, *arguments.args]
    static = any(dotted_name(decorator) == "staticmethod" for decorator in node.decorator_list)
    if parent.kind == "class" and listed and not static:
        scope.receiver = listed[0].arg
    every = [*listed, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    scope.hidden = {argument.arg for argument in every if argument}
    return scope


def _note(scope: Scope, node: ast.AST, package: str) -> None:
    """What one node binds or calls."""
    if isinstance(node, ast.Call):
        called = dotted_name(node.func)
        if called:
            scope.calls[called] += 1
    elif isinstance(node, ast.Import):
        for alias in node.names:
            scope.imports[alias.name] += 1
            head = alias.name.partition(".")[0]
            scope.bindings.setdefault(alias.asname or head, alias.name if alias.asname else head)
    elif isinstance(node, ast.ImportFrom):
        _note_import_from(scope, node, package)
    elif isinstance(node, ast.Assign):
        value = dotted_name(node.value)
        for target in node.targets:
            if value and isinstance(target, ast.Name) and target.id not in scope.aliases:
                scope.aliases[target.id] = value
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        scope.hidden.add(node.id)
    elif isinstance(node, ast.arg):
        scope.hidden.add(node.arg)
    elif isinstance(node, ast.ExceptHandler) and node.name:
        scope.hidden.add(node.name)


def _note_import_from(scope: Scope, node: ast.ImportFrom, package: str) -> None:
    base = node.module or ""
    if node.level:
        parts = package.split(".") if package else []
        if node.level - 1 > len(parts):
            return
        outer = parts[: len(parts) - (node.level - 1)]
        base = ".".join([*outer, *([node.module] if node.module else [])])
    for alias in node.names:
        if alias.name == "*":
            scope.stars.append(base)
            scope.imports[base] += 1
        else:
            target = f"{base}.{alias.name}" if base else alias.name
            scope.imports[target] += 1
            scope.bindings.setdefault(alias.asname or alias.name, target)


def dotted_name(node: ast.AST) -> str | None:
    """``a.b.c`` for such an expression (``super().b`` too), None for any other."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super":
        parts.append("super()")
    elif isinstance(node, ast.Name):
        parts.append(node.id)
    else:
        return None
    return ".".join(reversed(parts))


def _class_signature(node: ast.ClassDef) -> str:
    bases = ", ".join(_source_of(base) for base in node.bases)
    return f"class {node.name}({bases})" if bases else f"class {node.name}"


def _function_signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {_source_of(node.returns)}" if node.returns else ""
    return f"{word} {node.name}({_source_of(node.args)}){returns}"


def _source_of(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except RecursionError:
        return "..."
