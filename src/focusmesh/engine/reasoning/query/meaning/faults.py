"""How a query is refused, and what the checks know of its surroundings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from focusmesh.engine.reasoning.query.functions import find_signature
from focusmesh.engine.reasoning.query.language import close_hint, query_failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.reasoning.query.functions import FunctionSignature
    from focusmesh.engine.reasoning.query.meaning.procedures import ProcedureSignature
    from focusmesh.engine.reasoning.query.meaning.scope import QueryScope


@dataclass(frozen=True, slots=True)
class QuerySurroundings:
    """What a query may name beside its own variables.

    ``functions`` and ``procedures`` are by name in small letters; the functions come on top of those of the language.
    ``creates`` allows CREATE.
    """

    functions: Mapping[str, FunctionSignature] = field(default_factory=dict)
    procedures: Mapping[str, ProcedureSignature] = field(default_factory=dict)
    creates: bool = False

    def function(self, name: str) -> FunctionSignature | None:
        """The function called ``name``, in letters of any case."""
        return self.functions.get(name.lower()) or find_signature(name)


class QueryFaults:
    """The text of a query, and what is wrong in it."""

    def __init__(self, text: str, surroundings: QuerySurroundings) -> None:
        self.surroundings = surroundings
        self.stars = dict[int, tuple[str, ...]]()
        self.parameters = dict[str, int]()
        self._text = text

    def fail(self, at: int, detail: str, reason: str, kind: str = "SyntaxError") -> NoReturn:
        """Raises QueryError at the offset ``at``."""
        raise query_failure(self._text, at, detail, reason, kind)

    def refuse_unknown(self, name: str, at: int, scope: QueryScope) -> NoReturn:
        """Raises QueryError for a variable that ``scope`` does not have."""
        hint = close_hint(name, scope.types)
        self.fail(at, "UndefinedVariable", f"the variable `{name}` is not defined here{hint}")
