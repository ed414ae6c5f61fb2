"""Patterns are read: nodes, relationships, repetitions, and the paths that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from focusmesh.engine.reasoning.query.language.syntax import (
    Hops,
    MapExpression,
    NodePattern,
    ParameterExpression,
    PathElement,
    PathPattern,
    PathSelector,
    QuantifiedPattern,
    RelationshipPattern,
)
from focusmesh.engine.reasoning.query.language.words import QueryWords

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.language.syntax import Expression

_MODES = ("WALK", "TRAIL", "SIMPLE", "ACYCLIC")


class PatternReader(QueryWords):
    """Reads patterns."""

    def paths(self) -> tuple[PathPattern, ...]:
        """Paths with commas between them."""
        found = [self.path()]
        while self.takes(","):
            found.append(self.path())
        return tuple(found)

    def path(self) -> PathPattern:
        """One path, with its variable, selector and mode."""
        at, variable = self.token.at, None
        if self.is_name() and self.marks("=", at=1):
            variable = self.advance().word
            self.advance()
        selector = self._selector()
        mode = self._mode()
        self._skip_path_word()
        if selector and selector.kind == "shortest" and self.takes_groups():
            selector = PathSelector("groups", selector.count)
        if self.is_word("SHORTESTPATH") or self.is_word("ALLSHORTESTPATHS"):
            return self._legacy_path(variable, at)
        return PathPattern(self.elements(), variable, selector, mode, at=at)

    def takes_groups(self) -> bool:
        """Goes on behind GROUP or GROUPS."""
        return self.takes_words("GROUP") or self.takes_words("GROUPS")

    def elements(self) -> tuple[PathElement, ...]:
        """Nodes with relationships between them; beside repetitions nodes may be left out."""
        found: list[PathElement] = []
        while True:
            at = self.token.at
            if self.marks("("):
                element = self._parenthesis()
                plain = isinstance(element, NodePattern)
                if plain and len(found) % 2 == 1:
                    self.fail("two nodes need a relationship between them: `-->` or `--`", at)
                if not plain and len(found) % 2 == 0:
                    found.append(NodePattern(at=at))
                found.append(element)
            elif found and len(found) % 2 == 1 and self.is_arrow():
                found.append(self.relationship())
            elif found and len(found) % 2 == 1:
                return tuple(found)
            elif found and isinstance(found[-1], QuantifiedPattern):
                return (*found, NodePattern(at=at))
            else:
                self.fail(f"expected a node such as `(a)`, found {self.found()}")

    def is_arrow(self, at: int = 0) -> bool:
        """Whether a relationship may begin ``at`` words further on; a stray arrow head is reported here."""
        if at == 0 and self.marks("-", ">"):
            self.fail("an arrow has two dashes: did you mean `-->`?")
        if at == 0 and self.marks("<", "-", "(") and self._is_node(2):
            self.fail("an arrow has two dashes: did you mean `<--`?")
        at += 1 if self.marks("<", at=at) else 0
        return self.marks("-", "-", at=at) or self.marks("-", "[", at=at)

    def is_pattern(self, at: int = 0) -> bool:
        """Whether a node with a relationship stands ``at`` words further on, and no expression in parentheses."""
        if not self.marks("(", at=at) or not self._is_node(at):
            return False
        return self._is_whole_arrow(self.behind(at))

    def behind_pattern(self, at: int) -> int:
        """How many words after the present one stands what follows the pattern that begins at ``at``."""
        at = self.behind(at)
        while self._is_whole_arrow(at):
            while self.marks("<", at=at) or self.marks("-", at=at) or self.marks(">", at=at):
                at += 1
            if self.marks("[", at=at):
                at = self.behind(at)
            while self.marks("-", at=at) or self.marks(">", at=at):
                at += 1
            at = self.behind(at)
        return at

    def _is_node(self, at: int) -> bool:
        """Whether the parenthesis there holds what a node may hold."""
        if self.marks(")", at=at + 1) or self.marks(":", at=at + 1) or self.marks("{", at=at + 1):
            return True
        marks = (")", ":", "{")
        return self.is_name(at + 1) and any(self.marks(each, at=at + 2) for each in marks)

    def _is_whole_arrow(self, at: int) -> bool:
        left = self.marks("<", at=at)
        at += 1 if left else 0
        if self.marks("-", "-", at=at):
            return left or self.marks("(", at=at + 2) or self.marks(">", at=at + 2)
        return self.marks("-", "[", at=at) and self.marks("-", at=self.behind(at + 1))

    def _selector(self) -> PathSelector | None:
        if self.takes_words("ANY", "SHORTEST"):
            return PathSelector("shortest", 1)
        if self.takes_words("ALL", "SHORTEST"):
            return PathSelector("groups", 1)
        if self.takes_words("SHORTEST"):
            return PathSelector("shortest", self._path_count())
        if self.takes_words("ANY"):
            return PathSelector("any", self._path_count())
        self.takes_words("ALL")
        return None

    def _path_count(self) -> int | ParameterExpression:
        if self.token.kind == "parameter":
            token = self.advance()
            return ParameterExpression(token.word, at=token.at)
        return self._count("paths") if self.token.kind == "number" else 1

    def _mode(self) -> Literal["walk", "trail", "simple", "acyclic"]:
        if self.token.upper in _MODES:
            word = self.advance().word.lower()
            return cast("Literal['walk', 'trail', 'simple', 'acyclic']", word)
        return "trail"

    def _skip_path_word(self) -> None:
        if not self.takes_words("PATHS"):
            self.takes_words("PATH")

    def _legacy_path(self, variable: str | None, at: int) -> PathPattern:
        kind: Literal["shortest", "groups"] = (
            "groups" if self.advance().upper.startswith("ALL") else "shortest"
        )
        self.expect("(")
        elements = self.elements()
        self.expect(")")
        return PathPattern(elements, variable, PathSelector(kind, 1), at=at)

    def _parenthesis(self) -> NodePattern | QuantifiedPattern:
        if self.marks("(", "("):
            return self._repetition()
        at = self.advance().at
        variable = self.advance().word if self._is_variable() else None
        labels = self._labels()
        properties = self._properties()
        condition = self.expression() if self.takes_words("WHERE") else None
        self.expect(")", "a node is `(variable:Label {key: value})`")
        return NodePattern(variable, labels, properties, condition, at=at)

    def _repetition(self) -> QuantifiedPattern:
        at = self.advance().at
        with self.deeper(4):
            elements = self.elements()
            condition = self.expression() if self.takes_words("WHERE") else None
            self.expect(")")
        if len(elements) == 1:
            reason = "what repeats needs a relationship: `((a)-->(b)){1,5}`"
            self.fail(reason, at, "InvalidRelationshipPattern")
        hops = self._quantifier()
        if hops is None:
            self.fail("a pattern in parentheses needs a number of repetitions, such as `{1,5}`")
        return QuantifiedPattern(elements, condition, hops, at=at)

    def _quantifier(self) -> Hops | None:
        if self.takes("+"):
            return Hops(1, None)
        if self.takes("*"):
            return Hops(0, None)
        if not self.marks("{"):
            return None
        at = self.advance().at
        least = self._count("repetitions") if self.token.kind == "number" else None
        most = least
        if self.takes(","):
            most = self._count("repetitions") if self.token.kind == "number" else None
            least = least or 0
        self.expect("}", "repetitions are `{2}`, `{1,5}`, `{1,}` or `{,5}`")
        if least is None:
            self.fail("expected a number of repetitions, such as `{1,5}`", at)
        return Hops(least, most)

    def _is_variable(self) -> bool:
        return self.is_name() and not (self.is_word("WHERE") and not self.marks(")", at=1))

    def _labels(self) -> tuple[str, ...]:
        found = list[str]()
        while self.takes(":"):
            found.append(self.name("a label"))
        return tuple(found)

    def _properties(self) -> MapExpression | ParameterExpression | None:
        if self.token.kind == "parameter":
            token = self.advance()
            return ParameterExpression(token.word, at=token.at)
        return self.map_expression() if self.marks("{") else None

    def map_expression(self) -> MapExpression:
        """``{key: value, …}``."""
        at, entries = self.advance().at, list[tuple[str, "Expression"]]()
        with self.deeper():
            while not self.marks("}"):
                key = self.name("a key")
                self.expect(":", "a map is written `{key: value}`")
                entries.append((key, self.expression()))
                if not self.takes(","):
                    break
                if self.marks("}"):
                    self.fail("expected another key after the comma")
            self.expect("}")
        return MapExpression(tuple(entries), at=at)

    def relationship(self) -> RelationshipPattern:
        """``-[r:TYPE*1..3 {key: value}]->``, or the like."""
        at = self.token.at
        left = self.takes("<")
        self.expect("-")
        inner = RelationshipPattern(at=at)
        if self.takes("["):
            inner = self._filler(at)
            self.expect("]", "a relationship is `[variable:TYPE*1..3 {key: value}]`")
        self.expect("-", "an arrow has two dashes: `-->`")
        right = self.takes(">")
        hops = self._quantifier() or inner.hops
        direction: Literal["out", "in", "both"] = "out" if right else "in"
        return RelationshipPattern(
            *(inner.variable, inner.types, inner.properties, inner.condition),
            "both" if left == right else direction,
            hops,
            at=at,
        )

    def _filler(self, at: int) -> RelationshipPattern:
        variable = self.advance().word if self._is_variable() else None
        types = self._types()
        hops = self._hops()
        properties = self._properties()
        condition = self.expression() if self.takes_words("WHERE") else None
        return RelationshipPattern(variable, types, properties, condition, "both", hops, at=at)

    def _types(self) -> tuple[str, ...]:
        if not self.takes(":"):
            return ()
        found = [self.name("a type of relationships")]
        while self.takes("|"):
            self.takes(":")
            found.append(self.name("a type of relationships"))
        return tuple(found)

    def _hops(self) -> Hops | None:
        if self.marks(".."):
            self._bad_hops("lengths begin with a star: `*1..3`")
        if not self.takes("*"):
            return None
        if self.marks("-"):
            self._bad_hops("a length is not negative")
        least = self._count("steps") if self.token.kind == "number" else None
        if not self.takes(".."):
            return Hops(1, None) if least is None else Hops(least, least)
        most = self._count("steps") if self.token.kind == "number" else None
        return Hops(1 if least is None else least, most)

    def _bad_hops(self, reason: str) -> None:
        self.fail(reason, detail="InvalidRelationshipPattern")

    def _count(self, what: str) -> int:
        word = self.token.word.replace("_", "")
        if not word.isascii() or not word.isdigit():
            self.fail(f"expected a whole number of {what}, found {self.found()}")
        self.advance()
        return min(int(word[:20]), 2**62)
