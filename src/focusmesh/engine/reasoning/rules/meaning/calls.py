"""Operator atoms of rules: what their columns are, and whether what they are given fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.operators import OPERATORS
from focusmesh.engine.reasoning.registry import PARTICLES
from focusmesh.engine.reasoning.rules.language import Constant, Declaration, failure
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.reasoning.rules.language import OperatorCall
    from focusmesh.engine.reasoning.rules.meaning.normal_form import NormalForm


def call_columns(form: NormalForm) -> dict[str, Declaration]:
    """The columns of all operator atoms; raises RuleError for an unknown operator, or arguments that do not fit."""
    text, found = form.program.text, dict[str, Declaration]()
    for name, call in form.calls.items():
        try:
            atom = OPERATORS.find(call.operator)
            constants = {key: each.value for key, each in call.given if isinstance(each, Constant)}
            relations = {key: () for key, each in call.given if isinstance(each, str)}
            atom.complete({**constants, **relations})
        except InputError as error:
            raise failure(text, call.at, str(error)) from error
        for argument in atom.arguments:
            if argument.name in relations and argument.type != PARTICLES:
                words = f"{argument.name} is a {argument.type}: write it as a value, text in quotation marks"
                raise failure(text, call.at, words)
        columns = tuple((column.name, column.type) for column in atom.columns)
        found[name] = Declaration(name, columns, call.at)
    return found


def verify_given(text: str, call: OperatorCall, types: Mapping[str, tuple[str, ...]]) -> None:
    """Raises RuleError for a relation that does not exist, or has not one column."""
    for key, given in call.given:
        if not isinstance(given, str):
            continue
        if given not in types:
            words = (
                f'no relation is named {given}: declare it, or write {key}="{given}" for a particle'
            )
            raise failure(text, call.at, words)
        if len(types[given]) != 1:
            words = f"{key} takes a relation of one column, and {given} has {len(types[given])}"
            raise failure(text, call.at, words)
