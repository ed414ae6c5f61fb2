"""Functions by name."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.functions import (
    conversions,
    graphs,
    lists,
    mathematics,
    strings,
    temporals,
)
from focusmesh.engine.reasoning.query.functions.signatures import SIGNATURES
from focusmesh.engine.reasoning.query.values import argument_fault, can_fit, type_name, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.engine.reasoning.query.functions.context import FunctionContext
    from focusmesh.engine.reasoning.query.functions.signature import FunctionSignature
    from focusmesh.engine.reasoning.query.values import QueryValue

_PURE: dict[str, Callable[..., QueryValue]] = {
    **(conversions.PURE | graphs.PURE | lists.PURE),
    **(mathematics.PURE | strings.PURE | temporals.PURE),
}
_CONTEXTUAL: dict[str, Callable[..., QueryValue]] = {
    **(graphs.CONTEXTUAL | lists.CONTEXTUAL),
    **(mathematics.CONTEXTUAL | temporals.CONTEXTUAL),
}
_TAKES_NULL = {"coalesce", "exists", "nullIf"}
"""Functions that null is not the answer of where an argument is null."""


@dataclass(frozen=True, slots=True)
class QueryFunction:
    """A function that is no aggregate: what can be said of it, and what it does."""

    signature: FunctionSignature

    def call(self, context: FunctionContext, arguments: Sequence[QueryValue]) -> QueryValue:
        """Its answer; null where an argument is null, unless it is about nulls.

        The number of arguments must be one that it takes. Raises EvaluationError for one of a wrong type or value.
        """
        name = self.signature.name
        if name not in _TAKES_NULL and None in arguments:
            return None
        for index, argument in enumerate(arguments):
            if not can_fit(type_of(argument), self.signature.parameter(index)):
                raise argument_fault(
                    f"{name}() does not take {type_name(argument)}: call {self.signature.text()}"
                )
        pure = _PURE.get(name)
        return pure(*arguments) if pure else _CONTEXTUAL[name](context, *arguments)


_BY_NAME = {each.name.lower(): each for each in SIGNATURES}
_FUNCTIONS = {name: QueryFunction(each) for name, each in _BY_NAME.items() if not each.is_aggregate}


def find_signature(name: str) -> FunctionSignature | None:
    """The signature of the function called ``name``, with dots where it has some, in letters of any case."""
    return _BY_NAME.get(name.lower())


def find_function(name: str) -> QueryFunction | None:
    """The function called ``name``, in letters of any case; None where there is none, or where it is an aggregate."""
    return _FUNCTIONS.get(name.lower())


def close_functions(name: str) -> list[str]:
    """Up to three names of functions that are spelt much like ``name``."""
    close = get_close_matches(name.lower(), _BY_NAME, n=3)
    return [_BY_NAME[each].name for each in close]
