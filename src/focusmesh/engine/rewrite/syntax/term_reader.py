"""Terms, read from tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.engine.rewrite.syntax.names import COPIED, DefinitionNames
from focusmesh.engine.rewrite.syntax.terms import (
    App,
    Ctr,
    Definition,
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
from focusmesh.engine.rewrite.syntax.tokens import Token
from focusmesh.engine.rewrite.words import LABEL_MASK, LOW, OPERATORS
from focusmesh.errors import ProgramError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.engine.rewrite.syntax.terms import Term

_ESCAPED = {r"\n": "\n", r"\t": "\t"}

_FRESH = 0x8000
"""Labels above are handed out where none is written, as HVM3 does."""
DEPTH_MAX = 150
PARTS_MAX = 200
"""Arguments, fields or cases at most."""


@dataclass(slots=True)
class Parsed:
    """What a text says: its definitions in order, and the constructors that it names, with their numbers of fields."""

    definitions: list[Definition] = field(default_factory=list)
    constructors: dict[str, int] = field(default_factory=dict)
    arities: list[int] = field(default_factory=list)
    means: list[dict[int, int]] = field(default_factory=list)


class TermReader:
    """Reads one term after the other; what a text says so far is ``_parsed``."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._labels = 0
        self._names = DefinitionNames()
        self._parsed = Parsed()
        self._known: dict[str, tuple[int, int]] = {}
        self._starts: dict[str, Callable[[], Term]] = {
            "*": self._era,
            "(": self._group,
            "&": self._pair,
            "@": self._call,
            "#": self._constructor,
            "~": self._match,
            "[": self._list,
        }

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _wrong(self, message: str, token: Token | None = None) -> ProgramError:
        token = token or self._now
        return ProgramError(message, token.line, token.column)

    @property
    def _ahead(self) -> Token:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._now
        self._at += token.kind != "end"
        return token

    def _skip(self, text: str) -> bool:
        there = self._now.text == text and self._now.kind == "sign"
        self._at += there
        return there

    def _expect(self, text: str) -> Token:
        if self._now.text != text:
            raise self._wrong(f"{text} is missing before {self._now.text}")
        return self._take()

    def _name(self) -> Token:
        if self._now.kind != "name":
            raise self._wrong(f"a name is missing before {self._now.text}")
        return self._take()

    def _binding(self) -> str:
        """A name where it is bound, ``&`` before it where its uses are copies."""
        copied = self._now.text == COPIED and self._ahead.kind == "name" and self._skip(COPIED)
        return (COPIED if copied else "") + self._name().text

    def _label(self) -> int:
        """The number of a label, a new one where none is written."""
        if self._now.text == "{":
            return self._fresh_label()
        token = self._take()
        if token.kind != "number" or _value(token) > LABEL_MASK:
            raise self._wrong(f"a label is a number up to {LABEL_MASK:,}, not computed", token)
        return _value(token)

    def _fresh_label(self) -> int:
        self._labels += 1
        if _FRESH + self._labels > LABEL_MASK:
            raise self._wrong("too many names bound as &name, or labels left out")
        return _FRESH + self._labels

    def _leave(self, names: list[str], body: Term) -> Term:
        """``body``, with a copy for each use of those names that are bound as ``&name``."""
        for first, uses in self._names.leave(names):
            binder = first
            whole = self._names.copy(binder)
            for use in uses[1:]:
                value = whole if use == uses[-1] else self._names.fresh()
                body = Dup(self._fresh_label(), binder, use, Var(value), body)
                binder = value
        return body

    def _until(self, end: str, part: Callable[[], Term]) -> list[Term]:
        found: list[Term] = []
        while not self._skip(end):
            found.append(part())
            self._skip(",")
        return found

    def _number_of(self, name: Token, fields: int | None) -> int:
        """The constructor's number. Raises ProgramError where it had another number of fields before."""
        parsed = self._parsed
        number = parsed.constructors.setdefault(name.text, len(parsed.arities))
        if number == len(parsed.arities):
            parsed.arities.append(-1)
        if fields is not None:
            if parsed.arities[number] < 0:
                parsed.arities[number] = fields
            if parsed.arities[number] != fields:
                raise self._wrong(
                    f"#{name.text} has {fields} fields here and {parsed.arities[number]} elsewhere",
                    name,
                )
        return number

    def _term(self) -> Term:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise self._wrong(f"terms stand in each other more than {DEPTH_MAX} deep")
        prefixes: list[tuple[Callable[[Term], Term], list[str]]] = []
        while self._now.text in ("λ", "\\", "!", "!!"):
            prefixes.append(self._prefix())
        found = self._plain()
        for wrap, names in reversed(prefixes):
            found = wrap(self._leave(names, found))
        self._depth -= 1
        return found

    def _prefix(self) -> tuple[Callable[[Term], Term], list[str]]:
        sign = self._take()
        if sign.text in ("λ", "\\"):
            name = self._binding()
            self._skip(".")
            binder = self._names.bind(name)
            return lambda body: Lam(self._names.bound(binder), body), [name]
        if sign.text == "!" and self._now.text == "&" and not self._is_named():
            return self._dup()
        strict = sign.text == "!!" or self._skip("!")
        name = "_"
        named = self._ahead.text == "=" or (self._now.text == COPIED and self._is_named())
        if named or not strict:
            name = self._binding()
            self._expect("=")
        value = self._term()
        self._skip(";")
        binder = self._names.bind(name)
        if strict:
            return lambda body: Let(self._names.bound(binder), value, body), [name]
        return lambda body: App(Lam(self._names.bound(binder), body), value), [name]

    def _is_named(self) -> bool:
        """Whether ``&name =`` stands here."""
        after = self._tokens[min(self._at + 2, len(self._tokens) - 1)]
        return self._ahead.kind == "name" and after.text == "="

    def _dup(self) -> tuple[Callable[[Term], Term], list[str]]:
        self._expect("&")
        label = self._label()
        self._expect("{")
        left = self._binding()
        self._skip(",")
        right = self._binding()
        self._expect("}")
        self._expect("=")
        value = self._term()
        self._skip(";")
        one, two = self._names.bind(left), self._names.bind(right)
        bound = self._names.bound
        return lambda body: Dup(label, bound(one), bound(two), value, body), [left, right]

    def _plain(self) -> Term:
        token = self._now
        if token.kind == "name":
            return Var(self._names.use(self._take()))
        if token.kind == "number":
            return Number(self._number())
        if token.kind == "text":
            return self._characters(self._take())
        if token.kind == "sign" and token.text in self._starts:
            self._take()
            return self._starts[token.text]()
        raise self._wrong(f"a term is missing before {token.text}")

    def _number(self) -> int:
        token = self._take()
        if token.kind != "number":
            raise self._wrong(f"a number is missing before {token.text}", token)
        if _value(token) > LOW:
            raise self._wrong(f"{token.text} is above {LOW}, the largest number", token)
        return _value(token)

    def _era(self) -> Term:
        return Era()

    def _group(self) -> Term:
        """``(* a)`` applies an erasure, ``(* a b)`` multiplies; ``(&0{a,b} c)`` applies a pair, ``(& a b)`` is bits."""
        sign = self._now
        pair = sign.text == "&" and self._ahead.glued
        if sign.kind != "sign" or sign.text not in OPERATORS or pair:
            return self._apply(self._term())
        self._take()
        left = self._term()
        if sign.text == "*" and self._skip(")"):
            return App(Era(), left)
        self._skip(",")
        right = self._term()
        self._expect(")")
        return Operation(OPERATORS.index(sign.text), left, right)

    def _apply(self, function: Term) -> Term:
        for argument in self._until(")", self._term):
            function = App(function, argument)
        return function

    def _pair(self) -> Term:
        """``&0{a,b}``; before a name that is bound as ``&name``, the sign may stand or not."""
        if self._now.kind == "name" and self._ahead.text != "{":
            return Var(self._names.use(self._take()))
        label = self._label()
        self._expect("{")
        left = self._term()
        self._skip(",")
        right = self._term()
        self._expect("}")
        return Sup(label, left, right)

    def _call(self) -> Term:
        name = self._name()
        if name.text not in self._known:
            raise self._wrong(f"@{name.text} is not defined", name)
        number, count = self._known[name.text]
        arguments: list[Term] = []
        if self._now.text == "(" and self._now.glued:
            self._take()
            arguments = self._until(")", self._term)
        if len(arguments) != count:
            raise self._wrong(f"@{name.text} takes {count} arguments, not {len(arguments)}", name)
        return Ref(number, tuple(arguments))

    def _constructor(self) -> Term:
        name = self._name()
        # In ``~#A {…}`` the brace is the match's.
        there = self._now.glued and self._skip("{")
        fields = self._until("}", self._term) if there else []
        if len(fields) > PARTS_MAX:
            raise self._wrong(f"#{name.text} has more than {PARTS_MAX} fields", name)
        return Ctr(self._number_of(name, len(fields)), tuple(fields))

    def _list(self) -> Term:
        sign = self._tokens[self._at - 1]
        return self._list_term(self._until("]", self._term), sign)

    def _characters(self, token: Token) -> Term:
        """A character is the number of its code point, a string the list of its characters."""
        codes = [
            Number(ord(_ESCAPED.get(character, character[-1])))
            for character in re.findall(r"\\.|[^\\]", token.text[1:-1], re.DOTALL)
        ]
        return codes[0] if token.text[0] == "'" else self._list_term(codes, token)

    def _list_term(self, parts: Sequence[Term], token: Token) -> Term:
        """``[a, b]`` is ``#Cons{a,#Cons{b,#Nil}}``."""
        nil, cons = (
            Token("name", name, token.line, token.column, glued=True) for name in ("Nil", "Cons")
        )
        found: Term = Ctr(self._number_of(nil, 0), ())
        number = self._number_of(cons, 2)
        for part in reversed(parts):
            found = Ctr(number, (part, found))
        return found

    def _match(self) -> Term:
        """``~value !moved {…}``: what is moved into the cases is there an argument after their fields."""
        value = self._term()
        moved: list[str] = []
        movings: list[Term] = []
        while self._skip("!"):
            bound = self._binding()
            name = self._tokens[self._at - 1]
            movings.append(self._term() if self._skip("=") else Var(self._names.use(name)))
            moved.append(bound)
        opening = self._expect("{")
        keys: list[int] = []
        cases: list[Term] = []
        numeric = self._now.kind == "number"
        while not self._skip("}"):
            if len(cases) >= PARTS_MAX:
                raise self._wrong(f"a match has at most {PARTS_MAX} cases", opening)
            reading = self._number_case if numeric else self._constructor_case
            key, case = reading(keys, moved)
            keys.append(key)
            cases.append(case)
            self._skip(";")
        if not cases or (numeric and keys[-1] >= 0):
            raise self._wrong("the last case must be for all other numbers: n+p: or _:", opening)
        found: Term = (
            Switch(value, tuple(cases)) if numeric else Match(value, tuple(keys), tuple(cases))
        )
        for moving in movings:
            found = App(found, moving)
        return found

    def _number_case(self, keys: list[int], moved: list[str]) -> tuple[int, Term]:
        if keys and keys[-1] < 0:
            raise self._wrong("a case after the one for all other numbers")
        if self._now.text == "_":
            self._take()
            return -1, self._case(["_"], moved)
        token = self._now
        if self._number() != len(keys):
            raise self._wrong(f"cases are 0, 1, 2, … in order; this is number {len(keys)}", token)
        if not self._skip("+"):
            return len(keys), self._case([], moved)
        named = self._now.kind == "name" or self._now.text == COPIED
        return -1, self._case([self._binding()] if named else [], moved)

    def _constructor_case(self, keys: list[int], moved: list[str]) -> tuple[int, Term]:
        if keys and keys[-1] < 0:
            raise self._wrong("a case after the one for all other constructors")
        if self._now.kind == "name" or self._now.text == COPIED:
            return -1, self._case([self._binding()], moved)
        self._expect("#")
        name = self._name()
        fields: list[str] = []
        if self._skip("{"):
            while not self._skip("}"):
                fields.append(self._binding())
                self._skip(",")
        number = self._number_of(name, len(fields) or None)
        if number in keys:
            raise self._wrong(f"#{name.text} has two cases", name)
        return number, self._case(fields, moved)

    def _case(self, fields: list[str], moved: list[str]) -> Term:
        self._expect(":")
        names = [*fields, *moved]
        binders = [self._names.bind(name) for name in names]
        found = self._leave(names, self._term())
        for binder in reversed(binders):
            found = Lam(self._names.bound(binder), found)
        return found


def _value(token: Token) -> int:
    """The number that is written, ``0x`` before hexadecimal digits; of one with very many digits, the first of them."""
    digits = token.text.replace("_", "").lower()
    if digits.startswith("0x"):
        return int(digits[2:].lstrip("0")[:20] or "0", 16)
    return int(digits.lstrip("0")[:20] or "0")
