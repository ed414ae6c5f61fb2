"""A proof as JSON, which a stranger reads, and then verifies against a graph of his own.

``{"rules": text, "steps": [{"relation", "row", "rule", "values", "from"}, …]}``: steps before those that rest on them,
the row that is proved last; ``from`` are places of steps. Bytes are ``{"bytes": "…"}`` in hexadecimal, floats that
JSON cannot say ``{"float": "inf"}``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.errors import InputError

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.rules.proofs.proof import Proof, ProofStep


class CodedValue(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A value that JSON cannot say: bytes in hexadecimal, or a float by its name."""

    bytes: str | None = None
    float: str | None = None


WrittenValue = str | int | float | bool | CodedValue


class StepDocument(msgspec.Struct, forbid_unknown_fields=True):
    """One step: its row, the number of its rule, values of the variables, places of the steps that it rests on."""

    relation: str
    row: list[WrittenValue]
    rule: int | None
    values: dict[str, WrittenValue]
    needs: list[int] = msgspec.field(name="from")


class ProofDocument(msgspec.Struct, forbid_unknown_fields=True):
    """The rules and the steps of a proof."""

    rules: str
    steps: list[StepDocument]


def proof_json(proof: Proof) -> str:
    """The proof as JSON. O(steps). Raises InputError for a value that is no text, number or bytes."""
    places: dict[int, int] = {}
    steps = list[StepDocument]()
    for step in _needed_first(proof.root):
        places[id(step)] = len(steps)
        needs = [places[id(child)] for child in step.children]
        values = {name: _write_value(value) for name, value in step.values.items()}
        row = [_write_value(value) for value in step.row]
        steps.append(StepDocument(step.relation, row, step.rule, values, needs))
    try:
        return msgspec.json.encode(ProofDocument(proof.rules.text, steps)).decode()
    except UnicodeEncodeError as error:
        raise InputError("half of a character cannot stand in a proof as JSON") from error


def _needed_first(root: ProofStep) -> list[ProofStep]:
    """All steps, each once, after those that it rests on."""
    made: dict[int, ProofStep] = {}
    waiting = [root]
    while waiting:
        step = waiting[-1]
        missing = [child for child in step.children if id(child) not in made]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        made.setdefault(id(step), step)
    return list(made.values())


def _write_value(value: Any) -> WrittenValue:
    if isinstance(value, bytes):
        return CodedValue(bytes=value.hex())
    if isinstance(value, float) and not math.isfinite(value):
        return CodedValue(float=str(value))
    if isinstance(value, str | int | float):
        return value
    raise InputError(f"{value!r} cannot stand in a proof as JSON: it is no text, number or bytes")
