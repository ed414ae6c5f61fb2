"""The registry of operator atoms takes whole atoms, each name once, and says what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh.engine.reasoning import Argument, Column, OperatorAtom, OperatorRegistry
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from focusmesh.engine.links import Snapshot

P = Column("p", "particle")


def particles(
    snapshot: Snapshot, arguments: Mapping[str, Any], tick: Callable[[], None]
) -> tuple[npt.NDArray[Any], ...]:
    return (np.arange(len(snapshot.particles))[: arguments["top"]],)


ATOM = OperatorAtom("some", (P,), particles, (Argument("top", "number", 3),))


def test_a_name_is_taken_once() -> None:
    registry = OperatorRegistry([ATOM])
    assert registry.names() == ["some"]
    assert registry.find("some") is registry.register(ATOM) is ATOM
    with pytest.raises(ParameterError, match="registered already"):
        registry.register(OperatorAtom("some", (P,), particles))


def test_an_unknown_name_is_told_the_close_ones() -> None:
    with pytest.raises(InputError, match="did you mean @some"):
        OperatorRegistry([ATOM]).find("same")


@pytest.mark.parametrize(
    "atom",
    [
        OperatorAtom("a", (Column("p", "text"),), particles),
        OperatorAtom("a", (P, P), particles),
        OperatorAtom("a", (P,), particles, (Argument("x", "list"),)),
        OperatorAtom("a", (P,), particles, bounded=(("score", "bound"),)),
    ],
)
def test_a_malformed_atom_is_refused(atom: OperatorAtom) -> None:
    with pytest.raises(ParameterError, match="operator a"):
        OperatorRegistry([atom])


def test_arguments_are_completed_or_refused() -> None:
    assert ATOM.complete({}) == {"top": 3}
    assert ATOM.complete({"top": 5}) == {"top": 5}
    with pytest.raises(InputError, match="no argument 'k'; it has: top"):
        ATOM.complete({"k": 1})
    needing = OperatorAtom("a", (P,), particles, (Argument("seeds", "particles", required=True),))
    with pytest.raises(InputError, match="needs seeds"):
        needing.complete({})
