"""Three-valued logic: true, false, and null for what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.values.faults import type_fault
from focusmesh.engine.reasoning.query.values.value import type_name

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.values.value import QueryValue


def truth(value: QueryValue, operator: str) -> bool | None:
    """``value`` as an operand of ``operator``; raises EvaluationError where it is neither a boolean nor null."""
    if value is None or isinstance(value, bool):
        return value
    raise type_fault(
        f"{operator} takes booleans, not {type_name(value)}: compare it with something"
    )


def conjunction(left: QueryValue, right: QueryValue) -> bool | None:
    """``left AND right``: false where one is false, whatever the other."""
    first, second = truth(left, "AND"), truth(right, "AND")
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


def disjunction(left: QueryValue, right: QueryValue) -> bool | None:
    """``left OR right``: true where one is true, whatever the other."""
    first, second = truth(left, "OR"), truth(right, "OR")
    if first is True or second is True:
        return True
    return None if first is None or second is None else False


def exclusive_disjunction(left: QueryValue, right: QueryValue) -> bool | None:
    """``left XOR right``: null where one is null."""
    first, second = truth(left, "XOR"), truth(right, "XOR")
    return None if first is None or second is None else first is not second


def negation(value: QueryValue) -> bool | None:
    """``NOT value``."""
    known = truth(value, "NOT")
    return None if known is None else not known
