"""Which binder a name means: the innermost around it, else the only one of its name in the definition.

Variables are global: ``λx`` may bind an ``x`` that stands outside of it. They are affine: each is used once at most,
but for those bound as ``&x``, of which every use within their scope is another copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import ProgramError

if TYPE_CHECKING:
    from focusmesh.engine.rewrite.syntax.tokens import Token


COPIED = "&"
"""Before a name where it is bound: each use is a copy."""


class DefinitionNames:
    """The names of one definition, as reading comes past them."""

    def __init__(self) -> None:
        self.count = 0
        self._scope: dict[str, list[int]] = {}
        self._all: dict[str, list[int]] = {}
        self._used: dict[int, Token] = {}
        self._outside: list[tuple[Token, int]] = []
        self._copies: dict[int, list[int]] = {}
        self._whole: dict[int, int] = {}
        self.means: dict[int, int] = {}
        """What a use that stood outside of its binder means; known when the definition has been read."""

    def bind(self, name: str) -> int:
        """A new variable, which ``name`` means until ``leave``; ``&name`` may be used again and again."""
        binder = self._new()
        if name.startswith(COPIED):
            self._copies[binder], name = [], name.removeprefix(COPIED)
        if name != "_":
            self._scope.setdefault(name, []).append(binder)
            self._all.setdefault(name, []).append(binder)
        return binder

    def leave(self, names: list[str]) -> list[tuple[int, list[int]]]:
        """These names mean again what they meant before. The copied ones that were used twice or more.

        Each with the variables of its uses, of which the first is the binder itself.
        """
        copied = []
        for name in reversed([name.removeprefix(COPIED) for name in names]):
            if name != "_":
                binder = self._scope[name].pop()
                if len(self._copies.get(binder, ())) > 1:
                    copied.append((binder, self._copies[binder]))
        return copied

    def bound(self, binder: int) -> int:
        """The variable to bind for ``binder``: another one where the copies of what it is bound to take its place."""
        return self._whole.get(binder, binder)

    def copy(self, binder: int) -> int:
        """The variable whose copies ``binder`` and its later uses are."""
        self._whole[binder] = self._new()
        return self._whole[binder]

    def fresh(self) -> int:
        """A variable that no name means."""
        return self._new()

    def use(self, token: Token) -> int:
        """The variable of a name. Raises ProgramError if it was used before."""
        around = self._scope.get(token.text)
        if around and around[-1] in self._copies:
            uses = self._copies[around[-1]]
            uses.append(self._new() if uses else around[-1])
            return uses[-1]
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
            if found[0] in self._copies:
                raise ProgramError(
                    f"{token.text} is bound as &{token.text} elsewhere: copies are made within its scope",
                    token.line,
                    token.column,
                )
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
                f"duplicate it: !&0{{{token.text}0,{token.text}1}}={token.text}; or bind it as &{token.text}",
                token.line,
                token.column,
            )
