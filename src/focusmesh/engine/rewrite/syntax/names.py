"""Which binder a name means: the innermost around it, else the only one of its name in the definition.

Variables are global: ``λx`` may bind an ``x`` that stands outside of it. They are affine: each is used once at most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import ProgramError

if TYPE_CHECKING:
    from focusmesh.engine.rewrite.syntax.tokens import Token


class DefinitionNames:
    """The names of one definition, as reading comes past them."""

    def __init__(self) -> None:
        self.count = 0
        self._scope: dict[str, list[int]] = {}
        self._all: dict[str, list[int]] = {}
        self._used: dict[int, Token] = {}
        self._outside: list[tuple[Token, int]] = []
        self.means: dict[int, int] = {}
        """What a use that stood outside of its binder means; known when the definition has been read."""

    def bind(self, name: str) -> int:
        """A new variable, which ``name`` means until ``leave``."""
        binder = self._new()
        if name != "_":
            self._scope.setdefault(name, []).append(binder)
            self._all.setdefault(name, []).append(binder)
        return binder

    def leave(self, names: list[str]) -> None:
        """These names mean again what they meant before."""
        for name in reversed(names):
            if name != "_":
                self._scope[name].pop()

    def use(self, token: Token) -> int:
        """The variable of a name. Raises ProgramError if it was used before."""
        around = self._scope.get(token.text)
        if around:
            self._mark(around[-1], token)
            return around[-1]
        later = self._new()
        self._outside.append((token, later))
        return later

    def close(self) -> None:
        """Settles the uses outside. Raises ProgramError for an unknown, ambiguous or repeated name."""
        for token, later in self._outside:
            found = self._all.get(token.text, [])
            if len(found) != 1:
                kind = "no variable is named" if not found else "more than one variable is named"
                raise ProgramError(f"{kind} {token.text}", token.line, token.column)
            self._mark(found[0], token)
            self.means[later] = found[0]

    def _new(self) -> int:
        self.count += 1
        return self.count - 1

    def _mark(self, binder: int, token: Token) -> None:
        first = self._used.setdefault(binder, token)
        if first is not token:
            raise ProgramError(
                f"{token.text} was used before, at {first.line}:{first.column}; "
                f"duplicate it: !&0{{{token.text}0,{token.text}1}}={token.text};",
                token.line,
                token.column,
            )
