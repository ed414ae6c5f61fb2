"""Which particles a docstring names.

Two kinds of words count: what stands in backticks or roles (resolved where the docstring stands, absolutely, or as
the only particle with that last name, unless it is a word of the language), and bare dotted words (resolved where the
docstring stands or absolutely). Other words never do.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from focusmesh.engine.importers.python_source.resolve import Resolver
    from focusmesh.engine.importers.python_source.scopes import Scope

_NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_MARKED = re.compile(rf"`+[~!.]?({_NAME})(?:\([^`\n]*\))?`+")
_DOTTED = re.compile(rf"(?<![\w.`/@~-])({_NAME}\.\w+)(?![\w`/@-])")
_SHORTEST_ALONE = 3
_LANGUAGE = frozenset((*dir(builtins), *keyword.kwlist, *keyword.softkwlist))


def mentions(scope: Scope, resolver: Resolver) -> Counter[str]:
    """Particles that the docstring of ``scope`` names, with how often, itself left out."""
    found: Counter[str] = Counter()
    if not scope.docstring:
        return found
    for match in _MARKED.finditer(scope.docstring):
        _count(found, _resolve_marked(scope, match[1], resolver))
    for match in _DOTTED.finditer(_MARKED.sub(" ", scope.docstring)):
        _count(found, resolver.within(scope, match[1]) or resolver.absolute(match[1]))
    found.pop(scope.name, None)
    return found


def _resolve_marked(scope: Scope, word: str, resolver: Resolver) -> str | None:
    found = resolver.within(scope, word) or resolver.absolute(word)
    if found or "." in word or len(word) < _SHORTEST_ALONE or word in _LANGUAGE:
        return found
    return resolver.unambiguous(word)


def _count(found: Counter[str], particle: str | None) -> None:
    if particle is not None:
        found[particle] += 1
