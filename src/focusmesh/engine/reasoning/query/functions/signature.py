"""What can be said of a function before it is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.values import ValueType, type_text

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class FunctionSignature:
    """A function's name, its parameters and its result.

    ``name`` is spelt as documented; calls find it whatever the case of their letters. ``parameters`` has one type each,
    of which the first ``required`` must be given. ``repeats`` allows any number of further arguments of the last type.
    ``elements`` is the type of a result's elements where that is a list. An *aggregate* folds rows, and a *volatile*
    function may answer differently each time that it is called.
    """

    name: str
    parameters: tuple[ValueType, ...]
    result: ValueType
    required: int
    repeats: bool = False
    elements: ValueType = ValueType.ANY
    is_aggregate: bool = False
    is_volatile: bool = False

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        return self.required <= count and (self.repeats or count <= len(self.parameters))

    def parameter(self, index: int) -> ValueType:
        """The type of the argument at ``index``, from 0; ``takes(index + 1)`` must hold."""
        return self.parameters[min(index, len(self.parameters) - 1)]

    def arity(self) -> str:
        """How many arguments it takes, in words: ``1 argument``, ``2 to 3 arguments``."""
        most = len(self.parameters)
        if self.repeats:
            counts = f"{self.required} or more"
        elif self.required == most:
            counts = str(most)
        else:
            counts = f"{self.required} to {most}"
        return f"{counts} argument{'' if counts == '1' else 's'}"

    def text(self) -> str:
        """How it is called: ``substring(string, integer, [integer])``, with what may be left out in brackets."""
        words = [
            type_text(kind) if index < self.required else f"[{type_text(kind)}]"
            for index, kind in enumerate(self.parameters)
        ]
        return f"{self.name}({', '.join(words + ['…'] * self.repeats)})"


def signature(
    name: str,
    parameters: Iterable[ValueType] = (),
    result: ValueType = ValueType.ANY,
    *,
    optional: int = 0,
    repeats: bool = False,
    elements: ValueType = ValueType.ANY,
    is_volatile: bool = False,
) -> FunctionSignature:
    """A signature of a function that is no aggregate; the last ``optional`` parameters need not be given."""
    types = tuple(parameters)
    return FunctionSignature(
        name, types, result, len(types) - optional, repeats, elements, False, is_volatile
    )


def aggregate_signature(
    name: str, parameters: Iterable[ValueType], result: ValueType
) -> FunctionSignature:
    """A signature of an aggregate; all of its parameters must be given."""
    types = tuple(parameters)
    return FunctionSignature(name, types, result, len(types), is_aggregate=True)
