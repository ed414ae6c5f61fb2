"""From JSON to a proof, whoever wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.engine.reasoning.rules.graph_relations import GRAPH_RELATIONS
from focusmesh.engine.reasoning.rules.proofs.document import CodedValue, ProofDocument
from focusmesh.engine.reasoning.rules.proofs.proof import Proof, ProofStep
from focusmesh.engine.reasoning.rules.proofs.search import variable_names
from focusmesh.engine.reasoning.rules.rule_set import RuleSet
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.reasoning.relations import Row
    from focusmesh.engine.reasoning.rules.proofs.document import WrittenValue

DOCUMENT_BYTES_MAX = 16 * 1024**2
"""What is made of a document takes some twenty times its bytes at most: values have no lists in them."""
_TYPES: dict[str, tuple[type, ...]] = {
    "number": (int,),
    "float": (float,),
    "symbol": (str,),
    "bool": (bool,),
}


def read_proof(text: str) -> Proof:
    """The proof that ``Proof.to_json`` wrote, whoever sent it. Nothing is believed of it.

    See whether ``root`` is the row and ``rules`` are the rules that you asked about, then call ``verify``, with limits:
    the rules are the sender's.
    Raises InputError for what is no such document, RuleError for rules that cannot be read.
    """
    if len(text) > DOCUMENT_BYTES_MAX:
        raise InputError(f"this proof is longer than {DOCUMENT_BYTES_MAX >> 20} MiB")
    try:
        read = msgspec.json.decode(text, type=ProofDocument)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise InputError(f"this is no proof: {error}") from error
    rules = RuleSet(read.rules, GRAPH_RELATIONS)
    steps = list[ProofStep]()
    for at, each in enumerate(read.steps):
        if any(not 0 <= place < at for place in each.needs):
            raise _error(at, "it rests on a step that does not stand before it")
        row = tuple(_read(value, at) for value in each.row)
        values = {name: _read(value, at) for name, value in each.values.items()}
        _verify_row(rules, each.relation, row, at)
        _verify_values(rules, each.rule, values, at)
        children = tuple(steps[place] for place in each.needs)
        steps.append(ProofStep(each.relation, row, each.rule, values, children))
    if not steps:
        raise InputError("this is no proof: it has no steps")
    return Proof(rules, steps[-1])


def _read(value: WrittenValue, at: int) -> Any:
    if not isinstance(value, CodedValue):
        return value
    try:
        if value.bytes is not None and value.float is None:
            return bytes.fromhex(value.bytes)
        if value.float is not None and value.bytes is None:
            return float(value.float)
    except ValueError:
        pass
    raise _error(at, "a value is no text, number, {bytes} or {float}")


def _verify_row(rules: RuleSet, relation: str, row: Row, at: int) -> None:
    """Raises InputError for a relation that the rules do not know, and a row that is none of its."""
    types = rules.types.get(relation)
    if types is None or len(types) != len(row):
        raise _error(at, f"the rules have no relation {relation} of {len(row)} columns")
    for type_, value in zip(types, row, strict=True):
        kinds = _TYPES.get(type_)
        if kinds is not None and type(value) not in kinds:
            raise _error(at, f"{value!r} is no {type_}")


def _verify_values(rules: RuleSet, number: int | None, values: Mapping[str, Any], at: int) -> None:
    """Raises InputError where there is no such rule, or other variables than its have values."""
    if number is None:
        names: set[str] = set()
    elif 0 <= number < len(rules.form.rules):
        rule = rules.form.rules[number]
        names = set(variable_names([rule.head, *rule.body]))
    else:
        raise _error(at, f"there is no rule of number {number}")
    if names != values.keys():
        raise _error(at, "other variables have values than its rule has")


def _error(at: int, reason: str) -> InputError:
    return InputError(f"step {at} of this proof: {reason}")
