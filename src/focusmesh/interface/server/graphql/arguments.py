"""What is given to a field, before anybody has validated it: how long its page will be, which texts are in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.errors import InputError
from focusmesh.host.service import TEXT_MAX
from focusmesh.interface.server.graphql.framework import (
    FieldNode,
    IntValueNode,
    ListValueNode,
    StringValueNode,
    VariableNode,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.interface.server.graphql.framework import OperationDefinitionNode, ValueNode

ROWS_MAX = 1_000
_PAGES = ("top", "limit", "walks", "steps")
_TOKENS_A_ROW = 8


class CostError(InputError):
    """A query that goes too far; ``code`` is "too-costly", "too-deep", "too-long" or "introspection"."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Variables:
    """The values of an operation's variables: those that were sent, else their defaults."""

    def __init__(self, operation: OperationDefinitionNode, sent: Mapping[str, Any]) -> None:
        self._sent = sent
        self._defaults = {
            one.variable.name.value: one.default_value
            for one in operation.variable_definitions or ()
            if one.default_value is not None
        }

    def arguments(self, node: FieldNode, definition: Any) -> dict[str, Any]:
        """Values by name, as far as they count: whole numbers, texts and lists. Raises CostError for texts too long."""
        given = {one.name.value: one.value for one in node.arguments or ()}
        found = {
            name: self._plain(given[name]) if name in given else argument.default_value
            for name, argument in definition.args.items()
        }
        for value in found.values():
            _verify_length(value)
        return found

    def _plain(self, value: ValueNode | None) -> Any:
        if isinstance(value, VariableNode):
            name = value.name.value
            if name in self._sent:
                return self._sent[name]
            return self._plain(self._defaults.get(name))
        if isinstance(value, IntValueNode):
            # Longer ones are no 32-bit numbers, and are refused as such.
            return int(value.value) if len(value.value) < 11 else None
        if isinstance(value, StringValueNode):
            return value.value
        if isinstance(value, ListValueNode):
            return [self._plain(each) for each in value.values]
        return None


def rows(arguments: Mapping[str, Any]) -> int:
    """How many items a field's answer has at most."""
    names = arguments.get("names")
    if isinstance(names, list):
        return len(names)
    counts = {name: value for name, value in arguments.items() if type(value) is int and value > 0}
    if "budget_tokens" in counts:
        return max(1, min(ROWS_MAX, counts["budget_tokens"] // _TOKENS_A_ROW))
    # Longer pages are refused.
    return min(ROWS_MAX, next((counts[name] for name in _PAGES if name in counts), 1))


def _verify_length(value: Any) -> None:
    texts = value if isinstance(value, list) else [value]
    if any(isinstance(text, str) and len(text) > TEXT_MAX for text in texts):
        raise CostError("too-long", f"a text of a query has at most {TEXT_MAX:,} characters")
