"""Definitions compiled to the code of a small register machine, which shortcuts_compiled.py runs in place of a call.

A definition whose body comes to a match, a strict let or another call is not copied and then taken apart: its case is
chosen, the variables of the case are registers, and the next call begins with its arguments in registers. What is not
known yet (a value that is still to be evaluated) is built as the nodes that a copy would have. Interactions are counted
as if each had been carried out; operations and duplications of known numbers are carried out at once, as in HVM3's
compiled mode, but only where demand.py says that they are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.rewrite.syntax.demand import PARTS_MAX, parts_of
from focusmesh.engine.rewrite.syntax.terms import (
    App,
    Ctr,
    Dup,
    Era,
    Lam,
    Let,
    Match,
    Number,
    Operation,
    Ref,
    Sup,
    Switch,
    Var,
)
from focusmesh.engine.rewrite.words import (
    APP,
    CTR,
    ERA,
    LABEL_MASK,
    LET,
    MAT,
    OPX,
    REF,
    SUP,
    SWI,
    W32,
    word,
)

if TYPE_CHECKING:
    from focusmesh.engine.rewrite.syntax.demand import Demand
    from focusmesh.engine.rewrite.syntax.terms import Definition, Term

(
    FINISH,
    CALL,
    CHOOSE_NUMBER,
    CHOOSE_CONSTRUCTOR,
    EVALUATED,
    COMPUTE,
    COMPUTE_WITH,
    COPY,
    NODE,
    CONSTANT,
    LAMBDA,
    BIND,
) = range(12)
"""Instructions. FINISH register, applies, switches · CALL definition, count, applies, switches, registers ·
CHOOSE_NUMBER register, count, first free register, otherwise, places · CHOOSE_CONSTRUCTOR register, count, first free
register, otherwise, (constructor, place) pairs · EVALUATED register, otherwise · COMPUTE to, operator, left, right ·
COMPUTE_WITH to, operator, left, word · COPY left, right, label, from, at once? · NODE to, word, count, registers ·
CONSTANT to, word · LAMBDA variable, lambda · BIND lambda, body."""

REGISTERS = 128
"""Of a call; there are two sets, so that the arguments of the next call are not written over those of this one."""
CELLS_MAX = 800
"""Cells that the nodes of a body can take, beyond which a definition is copied as ever."""

HEADER = 3
"""Before the code: interactions that it can take at most, the definition's parameters, those to be evaluated first."""


class _TooMuchError(Exception):
    """This definition has no shortcut."""


def head_parameter(definition: Definition) -> int:
    """Which parameter the body matches before all else; −1: none."""
    found = definition.body
    while isinstance(found, App):
        found = found.function
    if isinstance(found, Match | Switch) and isinstance(found.value, Var):
        binder = found.value.binder
        return definition.parameters.index(binder) if binder in definition.parameters else -1
    return -1


def compile_definition(
    definition: Definition,
    strict: int,
    arities: list[int],
    matches: list[list[int]],
    cases: list[int],
    demand: Demand,
) -> list[int]:
    """Header and code, with places that count from the header; empty where a copy is as good or better."""
    if parts_of(definition.body, PARTS_MAX) is None or len(definition.parameters) > REGISTERS // 2:
        return []
    before = len(matches), len(cases)
    compiler = _Compiler(definition, arities, matches, cases, demand)
    try:
        compiler.tail(definition.body)
    except (_TooMuchError, KeyError):
        del matches[before[0] :], cases[before[1] :]
        return []
    if not compiler.useful or compiler.cells > CELLS_MAX:
        del matches[before[0] :], cases[before[1] :]
        return []
    return [compiler.cost, len(definition.parameters), strict, *compiler.code]


class _Compiler:
    """Code of one definition. KeyError: a variable stands outside of its binder, which only a copy can follow."""

    def __init__(
        self,
        definition: Definition,
        arities: list[int],
        matches: list[list[int]],
        cases: list[int],
        demand: Demand,
    ) -> None:
        self.code: list[int] = []
        self.cells = len(definition.parameters)
        self.cost = 1
        self.useful = False
        self._arities = arities
        self._demand = demand
        self._matches = matches
        self._cases = cases
        self._place = dict(zip(definition.parameters, range(1 << 30), strict=False))
        self._next = len(definition.parameters)
        self._applies = 1
        self._switches = 0

    def tail(self, term: Term) -> None:
        """Code for ``term`` where a call's result is wanted: it ends in FINISH or CALL on each way."""
        while isinstance(term, Dup):
            halves = 1 << term.left | 1 << term.right
            self._copy(term, at_once=bool(self._demand.of(term.body) & halves))
            term = term.body
        given: list[Term] = []
        function: Term = term
        while isinstance(function, App):
            given.append(function.argument)
            function = function.function
        given.reverse()
        arguments = self._arguments(function, given)
        match function:
            case Lam() if arguments:
                self._tail_applied(function, arguments)
            case Switch() | Match():
                self._tail_match(function, arguments)
            case Let() if not arguments:
                self._tail_let(function)
            case Ref() if not arguments:
                self._tail_call(function)
            case _:
                self._finish(self._apply(self._value(function, at_once=True), arguments))

    def _arguments(self, function: Term, given: list[Term]) -> list[int]:
        """What a function is applied to, numbers computed where the function needs them."""
        found = []
        for argument in given:
            needed = isinstance(function, Lam) and self._demand.of(function.body) >> function.binder
            found.append(self._value(argument, at_once=bool(needed & 1)))
            function = function.body if isinstance(function, Lam) else function
        return found

    def _tail_applied(self, function: Term, arguments: list[int]) -> None:
        """Lambdas that get their arguments at once."""
        used = 0
        while isinstance(function, Lam) and used < len(arguments):
            self._place[function.binder] = arguments[used]
            function = function.body
            used += 1
        self._applies += used
        self.cost += used
        if used == len(arguments):
            self.tail(function)
        else:
            value = self._value(function, at_once=False)
            self._finish(self._apply(value, arguments[used:]))

    def _tail_call(self, term: Ref) -> None:
        self.useful = True
        needed = self._demand.parameters[term.definition]
        registers = [
            self._value(argument, at_once=bool(needed >> at & 1))
            for at, argument in enumerate(term.arguments)
        ]
        counts = [self._applies, self._switches]
        self.code += [CALL, term.definition, len(registers), *counts, *registers]
        self.cells += len(registers)

    def _tail_let(self, term: Let) -> None:
        self.useful = True
        value = self._value(term.value, at_once=True)
        hole = self._jump(EVALUATED, value)
        kept = self._save()
        self._place[term.binder] = value
        self._applies += 1
        self.cost += 1
        self.tail(term.body)
        self._back(kept)
        self.code[hole] = len(self.code) + HEADER
        body = self._lambda(term.binder, term.body)
        self._finish(self._node(word(LET), [value, body]))

    def _tail_match(self, term: Match | Switch, arguments: list[int]) -> None:
        """The case that is chosen goes on with its fields and arguments in registers; or else all cases are built."""
        self.useful = True
        value = self._value(term.value, at_once=True)
        count, first = len(term.cases), self._next
        kind = CHOOSE_NUMBER if isinstance(term, Switch) else CHOOSE_CONSTRUCTOR
        start = len(self.code)
        self.code += [kind, value, count, first, 0]
        keys = term.constructors if isinstance(term, Match) else (0,) * count
        for key in keys:
            self.code += [0] if isinstance(term, Switch) else [key, 0]
        width = 1 if isinstance(term, Switch) else 2
        for at, case in enumerate(term.cases):
            self.code[start + 5 + width * at + width - 1] = len(self.code) + HEADER
            kept = self._save()
            self._switches += 1
            self.cost += 1
            self._tail_case(case, self._fields(term, at), arguments)
            self._back(kept)
        self.code[start + 4] = len(self.code) + HEADER
        self._finish(self._apply(self._match(term, value), arguments))

    def _fields(self, term: Match | Switch, at: int) -> int:
        """How many arguments a case takes of what is matched."""
        if isinstance(term, Switch):
            return int(at == len(term.cases) - 1)
        constructor = term.constructors[at]
        return 1 if constructor < 0 else max(self._arities[constructor], 0)

    def _tail_case(self, case: Term, count: int, arguments: list[int]) -> None:
        fields = list(range(self._next, self._next + count))
        self._take(count)
        given = [*fields, *arguments]
        if given:
            self._tail_applied(case, given)
        else:
            self.tail(case)

    def _finish(self, register: int) -> None:
        self.code += [FINISH, register, self._applies, self._switches]

    def _value(self, term: Term, *, at_once: bool) -> int:
        """The register of a term that is not evaluated yet; but for operations on known numbers, where it is needed."""
        while isinstance(term, Dup):
            self._copy(term, at_once=False)
            term = term.body
        match term:
            case Var():
                return self._place[term.binder]
            case Number():
                return self._constant(word(W32, 0, term.value))
            case Era():
                return self._constant(word(ERA))
            case Lam():
                return self._lambda(term.binder, term.body)
            case Operation():
                return self._operation(term, at_once=at_once)
            case Match() | Switch():
                return self._match(term, self._value(term.value, at_once=False))
            case Let():
                value = self._value(term.value, at_once=False)
                return self._node(word(LET), [value, self._lambda(term.binder, term.body)])
            case App():
                function = self._value(term.function, at_once=False)
                argument = self._value(term.argument, at_once=False)
                return self._node(word(APP), [function, argument])
            case Sup():
                left = self._value(term.left, at_once=False)
                return self._node(
                    word(SUP, term.label), [left, self._value(term.right, at_once=False)]
                )
            case Ref():
                return self._node(word(REF, term.definition), self._values(term.arguments))
            case Ctr():
                return self._node(word(CTR, term.constructor), self._values(term.fields))

    def _values(self, terms: tuple[Term, ...]) -> list[int]:
        return [self._value(term, at_once=False) for term in terms]

    def _operation(self, term: Operation, *, at_once: bool) -> int:
        left = self._value(term.left, at_once=at_once)
        if not at_once:
            right = self._value(term.right, at_once=False)
            return self._node(word(OPX, term.operator), [left, right])
        self.useful = True
        self.cells += 2
        self.cost += 2
        if isinstance(term.right, Number):
            found = self._take(1)
            self.code += [COMPUTE_WITH, found, term.operator, left]
            self.code += [word(W32, 0, term.right.value)]
        else:
            right = self._value(term.right, at_once=self._demand.whole)
            found = self._take(1)
            self.code += [COMPUTE, found, term.operator, left, right]
        return found

    def _copy(self, term: Dup, *, at_once: bool) -> None:
        value = self._value(term.value, at_once=at_once)
        left = self._take(2)
        self._place[term.left], self._place[term.right] = left, left + 1
        self.code += [COPY, left, left + 1, term.label, value, int(at_once)]
        self.cells += 1
        self.cost += 1

    def _match(self, term: Match | Switch, value: int) -> int:
        """The node of a match, all of its cases built."""
        cases = self._values(term.cases)
        if isinstance(term, Switch):
            return self._node(word(SWI, len(cases)), [value, *cases])
        self._matches.append([len(self._cases), len(term.constructors)])
        self._cases += term.constructors
        if len(self._matches) > LABEL_MASK:
            raise _TooMuchError
        return self._node(word(MAT, len(self._matches) - 1), [value, *cases])

    def _lambda(self, binder: int, body: Term) -> int:
        variable = self._take(2)
        self._place[binder] = variable
        self.cells += 1
        self.code += [LAMBDA, variable, variable + 1]
        self.code += [BIND, variable + 1, self._value(body, at_once=False)]
        return variable + 1

    def _apply(self, function: int, arguments: list[int]) -> int:
        for argument in arguments:
            function = self._node(word(APP), [function, argument])
        return function

    def _node(self, found: int, registers: list[int]) -> int:
        if not registers:
            return self._constant(found)
        self.cells += len(registers)
        to = self._take(1)
        self.code += [NODE, to, found, len(registers), *registers]
        return to

    def _constant(self, found: int) -> int:
        to = self._take(1)
        self.code += [CONSTANT, to, found]
        return to

    def _take(self, count: int) -> int:
        self._next += count
        if self._next > REGISTERS:
            raise _TooMuchError
        return self._next - count

    def _jump(self, instruction: int, register: int) -> int:
        self.code += [instruction, register, 0]
        return len(self.code) - 1

    def _save(self) -> tuple[int, int, int, dict[int, int]]:
        return self._next, self._applies, self._switches, dict(self._place)

    def _back(self, kept: tuple[int, int, int, dict[int, int]]) -> None:
        self._next, self._applies, self._switches, self._place = kept
        self._place = dict(self._place)
