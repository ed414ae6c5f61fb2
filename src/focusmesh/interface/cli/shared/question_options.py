"""Arguments and options made of the fields of a record, and the record that is made of what was typed.

What must be said is an argument, the rest options, unless the record says how a field is typed.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from focusmesh.host.service import parameters_of, question_of

if TYPE_CHECKING:
    import msgspec

    from focusmesh.host.service import Parameter


def question_options(record: type[msgspec.Struct]) -> list[inspect.Parameter]:
    """What typer makes the arguments and options of a question of, in the order of its record."""
    return [option_of(each) for each in parameters_of(record, "cli")]


def question_typed(record: type[msgspec.Struct], given: dict[str, Any], what: str) -> Any:
    """The record of what was typed; raises ParameterError."""
    return question_of(record, given, what, "cli")


def option_of(parameter: Parameter) -> inspect.Parameter:
    """An argument or an option, as typer reads it in a signature."""
    flags, metavar = _form(parameter)
    kind: Any = parameter.shown_as
    if parameter.choices:
        kind = Literal[parameter.choices]
    if parameter.is_list:
        kind = list[kind]
    words: dict[str, Any] = {"metavar": metavar, "help": parameter.description}
    if kind in (int, float):
        words |= {"min": parameter.bounds.get("ge"), "max": parameter.bounds.get("le")}
    default: Any = inspect.Parameter.empty if parameter.is_required else parameter.shown_default
    if not parameter.is_required and (default is None or parameter.is_list):
        kind, default = kind | None, None
    if parameter.is_required or not flags:
        words["show_default"] = False
    said = typer.Option(*flags, **words) if flags else typer.Argument(**words)
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, said],
    )


def _form(parameter: Parameter) -> tuple[list[str], str | None]:
    """The names of an option, none of an argument; and what stands for its value."""
    words = parameter.typed.split()
    flags = [word for word in words if word.startswith("-")]
    if words:
        return flags, next((word for word in words if word not in flags), None)
    metavar = None if parameter.kind == "flag" else parameter.name.upper()
    return [] if parameter.is_required else [f"--{parameter.name.replace('_', '-')}"], metavar
