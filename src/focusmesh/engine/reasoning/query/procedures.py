"""What CALL names, and ``focus(p)``: the operators of the registry over the links of one snapshot."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.operators import OPERATORS, operator_rows
from focusmesh.engine.reasoning.query.functions import FunctionSignature
from focusmesh.engine.reasoning.query.meaning import ProcedureSignature
from focusmesh.engine.reasoning.query.plans import ForeignFunction, QueryProcedure
from focusmesh.engine.reasoning.query.values import NodeValue, ValueType
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from focusmesh.engine.links import Snapshot
    from focusmesh.engine.reasoning.query.values import QueryValue
    from focusmesh.engine.reasoning.registry import OperatorAtom

    Tick = Callable[[], None]

_TYPES = {
    "particle": ValueType.NODE,
    "number": ValueType.INTEGER,
    "float": ValueType.FLOAT,
    "symbol": ValueType.STRING,
    "bool": ValueType.BOOLEAN,
}


def graph_procedures(snapshot: Snapshot) -> dict[str, QueryProcedure]:
    """A procedure for each operator: its required arguments, then a map of the others, of which ``top`` cuts rows."""
    atoms = map(OPERATORS.find, OPERATORS.names())
    return {
        atom.name: QueryProcedure(_signature(atom), partial(_answer, snapshot, atom))
        for atom in atoms
    }


def graph_functions(snapshot: Snapshot) -> dict[str, ForeignFunction]:
    """``focus(p)``, which is solved when it is first called."""
    known = dict[int, float]()

    def focus(tick: Tick, node: NodeValue) -> float:
        if not known:
            answer = operator_rows(snapshot, OPERATORS.find("focus"), {}, tick)
            known.update(zip(*(each.tolist() for each in answer.arrays[:2]), strict=True))
        return known[node.id]

    signature = FunctionSignature("focus", (ValueType.NODE,), ValueType.FLOAT, 1)
    return {"focus": ForeignFunction(signature, focus)}


def _signature(atom: OperatorAtom) -> ProcedureSignature:
    """The procedure of an operator; its column ``p`` is called ``particle``."""
    required = [(each.name, ValueType.ANY) for each in atom.arguments if each.required]
    columns = tuple(
        ("particle" if each.name == "p" else each.name, _TYPES[each.type]) for each in atom.columns
    )
    return ProcedureSignature(atom.name, (*required, ("options", ValueType.MAP)), columns, 1)


def _answer(
    snapshot: Snapshot, atom: OperatorAtom, arguments: Sequence[QueryValue], tick: Tick
) -> Iterator[Sequence[QueryValue]]:
    required = [each.name for each in atom.arguments if each.required]
    options = arguments[len(required)] if len(arguments) > len(required) else {}
    given = dict[str, Any](options if isinstance(options, dict) else {})
    top = given.pop("top", None) if "top" not in {each.name for each in atom.arguments} else None
    if top is not None and (not isinstance(top, int) or isinstance(top, bool) or top < 0):
        raise InputError(f"CALL {atom.name}: top is a whole number of rows, not {top!r}")
    given |= zip(required, arguments, strict=False)
    named = {key: _argument(snapshot, each) for key, each in given.items()}
    answer = operator_rows(snapshot, atom, named, tick)
    columns = [each[:top].tolist() for each in answer.arrays]
    particles = [each.type == "particle" for each in atom.columns]
    for row in zip(*columns, strict=True):
        yield [
            NodeValue(each) if is_particle else each
            for each, is_particle in zip(row, particles, strict=True)
        ]


def _argument(snapshot: Snapshot, value: Any) -> Any:
    """An argument as operators take it: a node is the name of its particle."""
    if isinstance(value, NodeValue):
        return snapshot.particles[value.id]
    if isinstance(value, list):
        return tuple(_argument(snapshot, each) for each in value)
    return value
