"""The rules in force, with their limits and the clock, read from a state."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from focusmesh.apps.changes.queries import value_text
from focusmesh.kernel.state import (
    BOUNDS,
    PARAMETERS_KEY,
    Parameters,
    ParameterValue,
    parameter_of,
    read_epoch,
    recent_values,
    step_limits,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.state import StateView


class Rule(NamedTuple):
    """A rule that votes can change: its value for the next block, and between what it may be set now."""

    name: str
    value: ParameterValue
    least: int
    most: int


class RulesQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """All rules: there is nothing to choose."""


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that votes can change: its value, and between what it may be set now; of a list, its first number."""

    name: str
    value: str
    least: int
    most: int


class RulesInForce(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for the next block: the epoch that it is of, and the rules by name.

    The epoch began with the block of ``first_height``; ``began`` is the time of the one before, in milliseconds since
    1970. All of it is 0, and no rule is listed, where the rules cannot change. Limits are those of that time: what was
    left within the window before it counts.
    """

    can_change: bool
    version: int
    epoch: int
    first_height: int
    began: int
    rules: list[RuleRow]


def rules_in_state(view: StateView, asked: RulesQuestion) -> RulesInForce:
    """The rules that a state says hold for the next block. O(rules · log n)."""
    del asked
    epoch, data = read_epoch(view.get), view.get(PARAMETERS_KEY)
    if epoch is None or data is None:
        return RulesInForce(can_change=False, version=0, epoch=0, first_height=0, began=0, rules=[])
    parameters = Parameters.decode(data)
    rows = [
        RuleRow(name=each.name, value=value_text(each.value), least=each.least, most=each.most)
        for each in rules_at(view.get, parameters, epoch.first_time)
    ]
    return RulesInForce(
        can_change=True,
        version=parameters.version,
        epoch=epoch.number,
        first_height=epoch.first_height,
        began=epoch.first_time,
        rules=rows,
    )


def rules_at(get: Callable[[bytes], bytes | None], parameters: Parameters, time: int) -> list[Rule]:
    """All rules by name, with their limits at a ``time``; of a list the limits are those of its first number.

    ``get`` gives values of a state. O(rules · log n).
    """
    recent, found = recent_values(get, parameters, time), []
    for name in sorted(BOUNDS):
        value = parameter_of(parameters, name)
        if value is None:
            continue
        held = [each if isinstance(each, int) else each[0] for each in (value, *recent(name))]
        found.append(Rule(name, value, *step_limits(BOUNDS[name], held)))
    return found
