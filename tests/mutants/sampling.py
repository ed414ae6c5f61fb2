"""Small changes of a module that a test should notice, drawn from a seed.

cosmic-ray finds and makes them. What a test cannot notice is left out: annotations are never evaluated here, and a
block that only a type checker reads is never executed.
"""

from __future__ import annotations

import ast
import random
from typing import TYPE_CHECKING, NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Position = tuple[int, int]


class Mutant(NamedTuple):
    """One change: ``occurrence`` counts the places of one operator in one file; ``line`` has the source before."""

    path: Path
    operator: str
    occurrence: int
    start: Position
    line: str

    def moved(self, tree: Path, other: Path) -> Mutant:
        """The same change in another copy of the tree."""
        return self._replace(path=other / self.path.relative_to(tree))

    def source(self) -> str:
        """The whole module with the change made."""
        code = self.path.read_text(encoding="utf-8")
        changed = mutate_code(code, get_operator(self.operator)(), self.occurrence)
        assert changed is not None, "the change was found in this file"
        return str(changed)


def mutants(path: Path) -> Iterator[Mutant]:
    """Every change of a module that a test could notice."""
    code = path.read_text(encoding="utf-8")
    lines = code.splitlines()
    tree, hidden = get_ast(code), _unevaluated(ast.parse(code))
    for name in operator_names():
        operator_class = get_operator(name)
        if operator_class.arguments():
            continue
        operator = operator_class()
        places = (place for node in ast_nodes(tree) for place in operator.mutation_positions(node))
        for occurrence, (start, _) in enumerate(places):
            if not any(first <= start < last for first, last in hidden):
                yield Mutant(path, name, occurrence, start, lines[start[0] - 1].strip())


def sample(files: Sequence[Path], count: int, seed: int) -> list[Mutant]:
    """``count`` of the changes of ``files``, or all where there are fewer; the same for the same seed and files."""
    found = [mutant for path in files for mutant in mutants(path)]
    # One change a line first: several of one comparison tell much the same.
    random.Random(seed).shuffle(found)
    first: dict[tuple[Path, int], Mutant] = {}
    for mutant in found:
        first.setdefault((mutant.path, mutant.start[0]), mutant)
    rest = [each for each in found if first[each.path, each.start[0]] is not each]
    return [*first.values(), *rest][:count]


def _unevaluated(tree: ast.Module) -> list[tuple[Position, Position]]:
    """Where annotations and blocks for type checkers stand."""
    found: list[ast.AST] = []
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(annotation=annotation):
                found.append(annotation)
            case ast.FunctionDef(returns=returns) | ast.AsyncFunctionDef(returns=returns):
                found += [] if returns is None else [returns]
            case ast.arg(annotation=ast.expr() as annotation):
                found.append(annotation)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                found.append(node)
    return [
        ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset))  # type: ignore[attr-defined]
        for node in found
    ]
