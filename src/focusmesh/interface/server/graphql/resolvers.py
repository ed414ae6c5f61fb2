"""Resolvers made of parameters: functions whose signatures strawberry reads as if they had been written."""

from __future__ import annotations

import inspect
from enum import Enum
from typing import TYPE_CHECKING, Any

from focusmesh.host.service import parameters_of, question_of
from focusmesh.interface.server.graphql.framework import Info, strawberry
from focusmesh.interface.server.graphql.types import Effort, Integer, Name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from focusmesh.host.service import Asked, Parameter


class _Argument(inspect.Parameter):
    """One whose default may be a list: strawberry looks arguments up by hash."""

    def __hash__(self) -> int:
        return hash((self.name, self.kind, self.annotation))


def resolver(
    answer: Callable[[Any, Info, dict[str, Any]], Any], words: str, parameters: Iterable[Parameter]
) -> Callable[..., Any]:
    """A resolver that gives ``answer`` what the field is of, and what was asked by name.

    Its signature is that of the ``parameters``.
    """

    def resolve(root: Any, info: Info, **given: Any) -> Any:
        return answer(root, info, {name: _plain(value) for name, value in given.items()})

    keyword = inspect.Parameter.KEYWORD_ONLY
    placed = inspect.Parameter.POSITIONAL_OR_KEYWORD
    taken = [
        _Argument("root", placed, annotation=Any),
        _Argument("info", placed, annotation=Info),
    ]
    taken += [
        _Argument(
            each.name,
            keyword,
            annotation=_spelt(each),
            default=inspect.Parameter.empty if each.is_required else _default(each),
        )
        for each in parameters
    ]
    resolve.__doc__ = words
    resolve.__annotations__ = {each.name: each.annotation for each in taken} | {"return": Any}
    resolve.__signature__ = inspect.Signature(taken, return_annotation=Any)  # type: ignore[attr-defined]
    return resolve


def ask_moment(info: Info, asked: Any) -> Any:
    """What the moment of the request answers."""
    return info.context.answer(asked.ask)


def question_resolver(
    record: type[Asked],
    words: str = "",
    ask: Callable[[Info, Any], Any] = ask_moment,
    **of_root: Callable[[Any], Any],
) -> Callable[..., Any]:
    """The resolver of a question, whose arguments are those of its record but for those that are said ``of_root``.

    ``words`` describe it where the record's do not.
    """

    def answer(root: Any, info: Info, given: dict[str, Any]) -> Any:
        of_it = {each: value(root) for each, value in of_root.items()}
        return ask(info, question_of(record, given | of_it, record.name(), "graphql"))

    parameters = [each for each in parameters_of(record, "graphql") if each.name not in of_root]
    return resolver(answer, words or record.words(), parameters)


def _spelt(parameter: Parameter) -> Any:
    kind: Any = parameter.shown_as
    if parameter.kind == "whole" and parameter.name not in _SMALL:
        kind = Integer
    if parameter.kind == "name":
        kind = Name
    if parameter.choices:
        kind = _choice(parameter)
    if parameter.is_list:
        kind = list[kind]
    return kind | None if parameter.default is None else kind


_SMALL = ("limit", "top", "steps", "walks", "candidates", "budget_tokens")
"""Counts of what is listed: GraphQL's own Int, which the cost of a query is worked out from."""
_CHOICES: dict[tuple[str, ...], Any] = {tuple(each.value for each in Effort): Effort}


def _choice(parameter: Parameter) -> Any:
    """One enumeration for the same words, called as the first parameter that has them."""
    if parameter.choices not in _CHOICES:
        made = Enum(parameter.name.capitalize(), {word: word for word in parameter.choices})  # type: ignore[misc]
        _CHOICES[parameter.choices] = strawberry.enum(made, description=parameter.description)
    return _CHOICES[parameter.choices]


def _default(parameter: Parameter) -> Any:
    if parameter.choices and parameter.default is not None:
        return _choice(parameter)(parameter.default)
    return parameter.shown_default


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
