"""Dotted names to the particles of a tree, as far as names allow. A name that is not plain resolves to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.engine.importers.python_source.scopes import Scope

_MOST_STEPS = 24
"""Aliases of aliases are followed this far; a circle of them ends here."""


class Resolver:
    """Names of all scopes of a tree. Of several definitions under one name the first counts."""

    def __init__(self, scopes: Iterable[Scope]) -> None:
        self.scopes: dict[str, Scope] = {}
        self._by_last: dict[str, str | None] = {}
        for scope in scopes:
            if scope.name not in self.scopes:
                self.scopes[scope.name] = scope
                last = scope.name.rpartition(".")[2]
                self._by_last[last] = None if last in self._by_last else scope.name

    def unambiguous(self, word: str) -> str | None:
        """The one particle whose last part is ``word``."""
        return self._by_last.get(word)

    def absolute(self, name: str, steps: int = _MOST_STEPS) -> str | None:
        """The particle that an absolute dotted name means: ``os.path.join`` through what ``os`` imports."""
        if name in self.scopes:
            return name
        head, _, rest = name.rpartition(".")
        while head and head not in self.scopes:
            head, _, more = head.rpartition(".")
            rest = f"{more}.{rest}"
        return self._walk(head, rest, steps) if head else None

    def module(self, name: str) -> str | None:
        """The particle of an imported name, or of the longest part of it that has one."""
        while name:
            found = self.absolute(name)
            if found is not None:
                return found
            name = name.rpartition(".")[0]
        return None

    def within(self, scope: Scope, name: str, steps: int = _MOST_STEPS) -> str | None:
        """The particle that ``name`` means where ``scope`` is."""
        head, _, rest = name.partition(".")
        if head == "super()":
            return self._find_inherited(self._class_around(scope), rest, steps)
        place: Scope | None = scope
        while place is not None:
            if place.kind != "class" or place is scope:
                known, found = self._here(place, head, steps)
                if known:
                    return self._walk(found, rest, steps) if found else None
            place = place.parent
        return None

    def _here(self, place: Scope, head: str, steps: int) -> tuple[bool, str | None]:
        """(whether ``place`` itself says what ``head`` is, the particle if that is one)."""
        if head == place.receiver:
            return True, place.parent.name if place.parent else None
        if head in place.bindings:
            return True, self._bound(place, head, steps)
        if head in place.hidden:
            return True, self._alias(place, head, steps)
        if place.kind == "module":
            found = self._find_starred(place, head, steps)
            return found is not None, found
        return False, None

    def _bound(self, place: Scope, head: str, steps: int) -> str | None:
        own = f"{place.name}.{head}"
        found = self.absolute(place.bindings[head], steps - 1) if steps else None
        return found or (own if own in self.scopes else None)

    def _alias(self, place: Scope, head: str, steps: int) -> str | None:
        value = place.aliases.get(head)
        if value is None or not steps or value.partition(".")[0] == head:
            return None
        return self.within(place, value, steps - 1)

    def _walk(self, name: str, rest: str, steps: int) -> str | None:
        """From the particle ``name`` along the attributes ``rest``."""
        found: str | None = name
        for attribute in rest.split(".") if rest else ():
            found = self._member(self.scopes[found], attribute, steps) if found else None
        return found

    def _member(self, scope: Scope, attribute: str, steps: int) -> str | None:
        name = f"{scope.name}.{attribute}"
        if name in self.scopes:
            return name
        if scope.kind == "function" or not steps:
            return None
        if attribute in scope.bindings:
            return self._bound(scope, attribute, steps)
        if attribute in scope.hidden:
            return self._alias(scope, attribute, steps)
        if scope.kind == "class":
            return self._find_inherited(scope, attribute, steps)
        return self._find_starred(scope, attribute, steps)

    def _find_inherited(self, scope: Scope | None, rest: str, steps: int) -> str | None:
        if scope is None or not steps or not rest:
            return None
        for base in scope.bases:
            around = scope.parent or scope
            parent = self.within(around, base, steps - 1)
            if parent and parent != scope.name and self.scopes[parent].kind == "class":
                found = self._walk(parent, rest, steps - 1)
                if found:
                    return found
        return None

    def _find_starred(self, scope: Scope, attribute: str, steps: int) -> str | None:
        if not steps or attribute.startswith("_"):
            return None
        for module in scope.stars:
            found = self.absolute(f"{module}.{attribute}", steps - 1)
            if found:
                return found
        return None

    def _class_around(self, scope: Scope) -> Scope | None:
        place: Scope | None = scope
        while place is not None and place.kind != "class":
            place = place.parent
        return place
