"""The core of the calculus as its published pseudocode has it: substitution by a dictionary, no heap, no words.

From the specification of the Interaction Calculus (HVM3's IC.md): VAR, ERA, LAM, APP, SUP, DUP, and u32 operators.
Reads the trees that the parser makes; counts interactions; writes text as ``printing.py`` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from focusmesh.engine.rewrite.syntax import terms
from focusmesh.engine.rewrite.syntax.parser import parse
from focusmesh.engine.rewrite.words import OPERATORS

Node: TypeAlias = tuple[Any, ...]


class OutOfFuelError(Exception):
    """More interactions than allowed."""


@dataclass
class Dup:
    """A floating duplication; ``given`` is the half that was left when the other was asked for."""

    label: int
    value: Node
    given: Node | None = None


class Model:
    """Terms are ("var", cell), ("dp", side, Dup), ("lam", cell, [body]), ("app", f, a), ("sup", label, a, b), …

    A variable's cell is a list: empty, or what it is substituted by.
    """

    def __init__(self, text: str, fuel: int) -> None:
        parsed = parse(text)
        self.fuel = fuel
        self.interactions = 0
        self._means = parsed.means[0]
        self._bound: dict[int, Node] = {}
        self._uses: list[tuple[list[Node], int]] = []
        self.root = self.read(parsed.definitions[0].body)
        for cell, binder in self._uses:
            cell.append(self._bound[self._means.get(binder, binder)])

    def read(self, term: terms.Term) -> Node:
        match term:
            case terms.Var(binder):
                cell: list[Node] = []
                self._uses.append((cell, binder))
                return ("link", cell)
            case terms.Lam(binder, body):
                variable: list[Node] = []
                self._bound[binder] = ("var", variable)
                return ("lam", variable, self.read(body))
            case terms.App(function, argument):
                return ("app", self.read(function), self.read(argument))
            case terms.Sup(label, left, right):
                return ("sup", label, self.read(left), self.read(right))
            case terms.Dup(label, left, right, value, body):
                dup = Dup(label, ("era",))
                self._bound[left], self._bound[right] = ("dp", 0, dup), ("dp", 1, dup)
                dup.value = self.read(value)
                return self.read(body)
            case terms.Number(value):
                return ("num", value)
            case terms.Operation(operator, left, right):
                return ("opx", operator, self.read(left), self.read(right))
            case terms.Era():
                return ("era",)
        raise AssertionError(term)

    def count(self) -> None:
        if self.interactions >= self.fuel:
            raise OutOfFuelError
        self.interactions += 1

    def whnf(self, term: Node) -> Node:
        while True:
            match term:
                case ("link", cell) | ("var", [_] as cell):
                    term = cell[0]
                case ("dp", _, Dup(given=given)) if given is not None:
                    term = given
                case ("app", function, argument):
                    found = self.apply(self.whnf(function), argument)
                    if found[0] == "app":
                        return found
                    term = found[1]
                case ("dp", side, dup):
                    dup.value = self.whnf(dup.value)
                    halves = self.halves(dup, dup.value)
                    if halves is None:
                        return term
                    self.count()
                    dup.given = halves[1 - side]
                    term = halves[side]
                case ("opx", operator, left, right):
                    found = self.operate(operator, self.whnf(left), right, swapped=False)
                    if found[0] != "next":
                        return found
                    term = found[1]
                case ("opy", operator, right, left):
                    found = self.operate(operator, self.whnf(right), left, swapped=True)
                    if found[0] != "next":
                        return found
                    term = found[1]
                case _:
                    return term

    def apply(self, function: Node, argument: Node) -> Node:
        match function:
            case ("lam", variable, body):
                self.count()
                variable.append(argument)
                return ("next", body)
            case ("sup", label, left, right):
                self.count()
                dup = Dup(label, argument)
                pair = (("app", left, ("dp", 0, dup)), ("app", right, ("dp", 1, dup)))
                return ("next", ("sup", label, *pair))
            case ("era",):
                self.count()
                return ("next", function)
        return ("app", function, argument)

    def halves(self, dup: Dup, value: Node) -> tuple[Node, Node] | None:
        match value:
            case ("lam", variable, body):
                one: list[Node] = []
                two: list[Node] = []
                variable.append(("sup", dup.label, ("var", one), ("var", two)))
                inner = Dup(dup.label, body)
                return ("lam", one, ("dp", 0, inner)), ("lam", two, ("dp", 1, inner))
            case ("sup", label, left, right) if label == dup.label:
                return left, right
            case ("sup", label, left, right):
                one_dup, two_dup = Dup(dup.label, left), Dup(dup.label, right)
                return (
                    ("sup", label, ("dp", 0, one_dup), ("dp", 0, two_dup)),
                    ("sup", label, ("dp", 1, one_dup), ("dp", 1, two_dup)),
                )
            case ("num", _) | ("era",):
                return value, value
        return None

    def operate(self, operator: int, value: Node, other: Node, *, swapped: bool) -> Node:
        kind = "opy" if swapped else "opx"
        match value:
            case ("num", number):
                self.count()
                if not swapped:
                    return ("next", ("opy", operator, other, value))
                return ("next", ("num", computed(OPERATORS[operator], other[1], number)))
            case ("sup", label, left, right):
                self.count()
                dup = Dup(label, other)
                others = (other, other) if swapped else (("dp", 0, dup), ("dp", 1, dup))
                pair = ((kind, operator, left, others[0]), (kind, operator, right, others[1]))
                return ("next", ("sup", label, *pair))
            case ("era",):
                self.count()
                return ("next", value)
        return (kind, operator, value, other)

    def normal(self, term: Node) -> Node:
        term = self.whnf(term)
        match term:
            case ("lam", variable, body):
                return ("lam", variable, self.normal(body))
            case ("app", function, argument):
                function = self.normal(function)
                return ("app", function, self.normal(argument))
            case ("sup", label, left, right):
                left = self.normal(left)
                return ("sup", label, left, self.normal(right))
            case (("opx" | "opy") as kind, operator, first, second):
                first = self.normal(first)
                return (kind, operator, first, self.normal(second))
            case ("dp", _, dup):
                dup.value = self.normal(dup.value)
        return term


def computed(operator: str, left: int, right: int) -> int:
    """u32, by Python's own numbers."""
    if operator in ("/", "%") and right == 0:
        return 0 if operator == "/" else left
    if operator in ("<<", ">>"):
        right %= 32
    found = eval(f"{left} {'//' if operator == '/' else operator} {right}", {})
    return int(found) % 2**32


class Writer:
    """Text with names in the order in which they are met, what is duplicated in front."""

    def __init__(self) -> None:
        self.names: dict[object, str] = {}
        self.dups: dict[int, Dup] = {}

    def name(self, key: object) -> str:
        count = len(self.names)
        letter = "abcdefghijklmnopqrstuvwxyz"[count % 26] + (str(count // 26) if count > 25 else "")
        return self.names.setdefault(key, letter)

    def write(self, term: Node) -> str:
        match term:
            case ("link", cell) | ("var", [_] as cell):
                return self.write(cell[0])
            case ("var", cell):
                return self.name(id(cell))
            case ("dp", _, Dup(given=given)) if given is not None:
                return self.write(given)
            case ("dp", side, dup):
                self.dups.setdefault(id(dup), dup)
                return self.name((id(dup), side))
            case ("lam", cell, body):
                return f"λ{self.name(id(cell))}.{self.write(body)}"
            case ("app", function, argument):
                return f"({self.write(function)} {self.write(argument)})"
            case ("sup", label, left, right):
                return f"&{label}{{{self.write(left)},{self.write(right)}}}"
            case ("opx", operator, left, right):
                return f"({OPERATORS[operator]} {self.write(left)} {self.write(right)})"
            case ("opy", operator, right, left):
                return f"({OPERATORS[operator]} {self.write(left)} {self.write(right)})"
            case ("num", number):
                return str(number)
        return "*"

    def whole(self, term: Node) -> str:
        body = self.write(term)
        prefix: list[str] = []
        while len(prefix) < len(self.dups):
            dup = list(self.dups.values())[len(prefix)]
            value = self.write(dup.value)
            names = f"{self.name((id(dup), 0))},{self.name((id(dup), 1))}"
            prefix.append(f"!&{dup.label}{{{names}}}={value};")
        return "".join(reversed(prefix)) + body


def normal_form(text: str, fuel: int) -> tuple[str, int]:
    """The normal form of one term, and the interactions that it took. Raises OutOfFuelError, RecursionError."""
    model = Model(text, fuel)
    term = model.normal(model.root)
    return Writer().whole(term), model.interactions
