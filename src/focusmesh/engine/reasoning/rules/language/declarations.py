"""Sentences that begin with a full stop: relations, types, what is read and what is printed."""

from __future__ import annotations

from difflib import get_close_matches

from focusmesh.engine.reasoning.rules.language.syntax import Declaration
from focusmesh.engine.reasoning.rules.language.terms import RuleTermReader

QUALIFIERS = {
    "inline", "no_inline", "magic", "no_magic", "brie", "btree", "btree_delete", "provenance",
    "overridable", "input", "output", "printsize",
}  # fmt: skip
REFUSED = {
    ".comp": "components are not part of this language: write their relations out",
    ".init": "components are not part of this language: write their relations out",
    ".override": "components are not part of this language: write their relations out",
    ".functor": "functors of other languages are not part of this language",
    ".include": "files are not included: hand in one text",
    ".lattice": "lattices are not part of this language: use an aggregate, such as max",
    ".limitsize": ".limitsize is not part of this language: set a limit of rows",
    ".printsize": ".printsize is not part of this language: count the rows of an output",
}


class DeclarationReader(RuleTermReader):
    """Reads what declares; a type is resolved when it is used."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._types = {
            "particle": "particle", "number": "number", "float": "float", "symbol": "symbol",
            "bool": "bool", "unsigned": "number",
        }  # fmt: skip
        self._later = dict[str, list[str]]()

    def directive(self) -> None:
        """One sentence that begins with a full stop."""
        token = self.token
        if token.word in REFUSED:
            self.fail(REFUSED[token.word])
        self.advance()
        if token.word == ".decl":
            self.declaration()
        elif token.word in (".type", ".number_type", ".symbol_type"):
            self.type_alias(token.word)
        elif token.word in (".input", ".output"):
            self.exchange(token.word)
        elif token.word == ".pragma":
            while self.token.kind == "symbol":
                self.advance()
        else:
            self.plan()

    def declaration(self) -> None:
        """``.decl name, … (column: type, …) qualifiers``"""
        at = self.token.at
        names = [(self.expect_name("the name of a relation follows .decl"), at)]
        while self.takes(","):
            names.append((self.expect_name("a relation has a name"), self.token.at))
        columns = list[tuple[str, str]]()
        self.expect("(", "columns stand in parentheses: .decl name(column: type)")
        while not self.takes(")"):
            column = self.expect_name("a column is written name: type")
            self.expect(":", "a column is written name: type")
            columns.append((column, self.type_name()))
            if self.token.word != ")":
                self.expect(",", "columns stand between commas")
        self.qualifiers()
        for name, place in names:
            if name in self.made.declarations:
                self.fail(f"{name} is declared twice", place)
            self.made.declarations[name] = Declaration(name, tuple(columns), place)

    def qualifiers(self) -> None:
        """Words after the columns; they change nothing here, except for those that mean something else."""
        while self.token.kind == "name" and self.next.word != "(":
            if self.token.word == "eqrel":
                self.fail("eqrel is not part of this language: write the rules of an equivalence")
            if self.token.word not in QUALIFIERS:
                self.fail(f"{self.token.word} is no qualifier of a relation")
            self.advance()
        if self.token.word == "choice":
            self.fail("choice domains are not part of this language")

    def type_name(self) -> str:
        """The type of the language that a name stands for."""
        at = self.token.at
        name = self.expect_name("a type has a name")
        found = self._resolve(name, set())
        if found is None:
            close = get_close_matches(name, [*self._types, *self._later], 3)
            hint = f"; did you mean {', '.join(close)}?" if close else ""
            self.fail(f"no type is named {name}{hint}", at)
        return found

    def _resolve(self, name: str, seen: set[str]) -> str | None:
        if name in self._types:
            return self._types[name]
        if name in seen:
            return None
        for part in self._later.get(name, []):
            found = self._resolve(part, seen | {name})
            if found is not None:
                return found
        return None

    def type_alias(self, word: str) -> None:
        """``.type name <: type``, ``.type name = type | …``, ``.type name``"""
        name = self.expect_name("a type has a name")
        if self.takes("<:"):
            self._later[name] = [self.expect_name("a type has a name")]
        elif self.takes("="):
            if self.token.word == "[":
                self.fail("records are not part of this language: use columns")
            self._later[name] = [self.type_part()]
            while self.takes("|"):
                self._later[name].append(self.type_part())
        else:
            self._types[name] = "number" if word == ".number_type" else "symbol"

    def type_part(self) -> str:
        """One name of a union."""
        name = self.expect_name("a type has a name")
        if self.token.word == "{":
            self.fail("algebraic types are not part of this language: use columns")
        return name

    def exchange(self, word: str) -> None:
        """``.input`` and ``.output``: names, maybe with parentheses."""
        into = self.made.inputs if word == ".input" else self.made.outputs
        while True:
            at = self.token.at
            into[self.expect_name("the name of a relation follows")] = at
            if self.takes("("):
                self.file_directives(word)
            if not self.takes(","):
                return

    def file_directives(self, word: str) -> None:
        """What stands in the parentheses; only what is the default anyway may."""
        while not self.takes(")"):
            key = self.expect_name("a directive is written name=value")
            self.expect("=", "a directive is written name=value")
            value = self.advance()
            if (key, value.word.strip('"')) != ("IO", "file" if word == ".input" else "stdout"):
                self.fail(
                    f"the file directive {key}={value.word} is not read: {word} uses NAME.facts "
                    "below --facts, and NAME.csv below -D",
                    value.at,
                )
            self.takes(",")

    def plan(self) -> None:
        """A plan is ignored."""
        while self.token.kind in ("number", "mark") and self.token.word not in ("?-",):
            self.advance()
