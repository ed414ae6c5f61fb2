"""The text form, read: definitions, each a tree of terms.

Commas, full stops and semicolons between parts may be left out, as in HVM3, whose published programs can be read.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.syntax.names import DefinitionNames
from focusmesh.engine.rewrite.syntax.term_reader import PARTS_MAX, Parsed, TermReader
from focusmesh.engine.rewrite.syntax.terms import Definition
from focusmesh.engine.rewrite.syntax.tokens import tokens_of

STRICT_MAX = 62
"""What is strict is kept as bits of an int64."""


def parse(text: str) -> Parsed:
    """Definitions, or one term alone, which is then ``@main``. Raises ProgramError with line and column."""
    return _BookReader(tokens_of(text)).book()


class _BookReader(TermReader):
    def book(self) -> Parsed:
        self._find_definitions()
        if not self._known:
            self._known["main"] = (0, 0)
            self._define("main", [], 0)
        while self._now.kind != "end":
            if self._now.text == "data":
                self._data()
            else:
                self._definition()
        return self._parsed

    def _find_definitions(self) -> None:
        """Definitions by name, with how many parameters they have: a call may stand before what it calls."""
        depth = 0
        for at, token in enumerate(self._tokens):
            depth += (token.text in "({[") - (token.text in ")}]") if token.kind == "sign" else 0
            if token.text != "@" or depth or self._tokens[at + 1].kind != "name":
                continue
            name, end = self._tokens[at + 1], at + 2
            count = 0
            if self._tokens[end].text == "(" and self._tokens[end].glued:
                end += 1
                while self._tokens[end].kind == "name" or self._tokens[end].text in ("!", ",", "&"):
                    count += self._tokens[end].kind == "name"
                    end += 1
                if self._tokens[end].text != ")":
                    # A call, of ``!x=…`` say.
                    continue
                end += 1
            if self._tokens[min(end, len(self._tokens) - 1)].text == "=":
                if name.text in self._known:
                    raise self._wrong(f"@{name.text} is defined twice", name)
                self._known[name.text] = (len(self._known), count)

    def _definition(self) -> None:
        self._expect("@")
        name = self._name()
        self._names = DefinitionNames()
        parameters: list[str] = []
        strict = 0
        if self._now.text == "(" and self._now.glued:
            self._take()
            while not self._skip(")"):
                if self._skip("!"):
                    if len(parameters) >= STRICT_MAX:
                        raise self._wrong(f"only the first {STRICT_MAX} parameters can be strict")
                    strict |= 1 << len(parameters)
                parameters.append(self._binding())
                self._skip(",")
        self._expect("=")
        if len(parameters) > PARTS_MAX:
            raise self._wrong(f"@{name.text} has more than {PARTS_MAX} parameters", name)
        self._define(name.text, parameters, strict)

    def _define(self, name: str, parameters: list[str], strict: int) -> None:
        taken = [self._names.bind(parameter) for parameter in parameters]
        body = self._leave(parameters, self._term())
        self._skip(";")
        if self._now.kind != "end" and self._now.text not in ("@", "data"):
            raise self._wrong(f"{self._now.text} after the end of @{name}")
        self._names.close()
        binders = tuple(map(self._names.bound, taken))
        self._parsed.definitions.append(Definition(name, binders, strict, body))
        self._parsed.means.append(self._names.means)

    def _data(self) -> None:
        """``data List { #Nil #Cons{head tail} }`` says how many fields its constructors have.

        Without braces, that is left to where they are made: a program of HVM3 gives those some fields after all.
        """
        self._take()
        self._name()
        self._expect("{")
        while not self._skip("}"):
            self._expect("#")
            name = self._name()
            fields = 0
            if self._skip("{"):
                while not self._skip("}"):
                    self._name()
                    self._skip(",")
                    fields += 1
            self._number_of(name, fields or None)
            self._skip(",")
