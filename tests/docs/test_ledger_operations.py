"""The page of operations has all that a network has, with fields, bandwidth and codes, and no others."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap

from focusmesh.apps.bank import BANK_OPERATIONS
from focusmesh.apps.changes import CHANGE_OPERATIONS, ProposeAnyChange, ShowStatement
from focusmesh.apps.delegation import DELEGATION_OPERATIONS
from focusmesh.apps.grid import GRID_OPERATIONS
from focusmesh.apps.pins import PIN_OPERATIONS
from focusmesh.apps.validators import PENALTY_OPERATIONS, VALIDATOR_OPERATIONS
from focusmesh.kernel.runtime import KERNEL_OPERATIONS, PROGRAM_OPERATIONS, Operation
from tests.tidy.tree import ROOT

PAGE = "docs/reference/ledger-operations.md"
ROW = re.compile(r"^\| `([\w/]+)` \| (.*?) \| (.*?) \| .*? \|(.*?)\|$", re.MULTILINE)
WORD = re.compile(r"`([\w-]+)`")
OPERATIONS: tuple[type[Operation], ...] = (
    *KERNEL_OPERATIONS,
    *PROGRAM_OPERATIONS,
    *BANK_OPERATIONS,
    *GRID_OPERATIONS,
    *PIN_OPERATIONS,
    *VALIDATOR_OPERATIONS,
    *PENALTY_OPERATIONS,
    *CHANGE_OPERATIONS,
    ProposeAnyChange,
    ShowStatement,
    *DELEGATION_OPERATIONS,
)


def rows() -> dict[str, tuple[list[str], str, list[str]]]:
    """Fields, bandwidth and codes by name, as the page has them."""
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    return {
        name: (WORD.findall(fields), bandwidth, WORD.findall(codes))
        for name, fields, bandwidth, codes in ROW.findall(text)
    }


def test_every_operation_is_listed_with_its_fields() -> None:
    listed = {name: fields for name, (fields, *_) in rows().items()}
    assert listed == {each.name(): list(each.__struct_fields__) for each in OPERATIONS}


def test_free_operations_are_said_to_be_free() -> None:
    free = {name for name, (_, bandwidth, _) in rows().items() if bandwidth == "0"}
    assert free == {each.name() for each in OPERATIONS if _returns_zero(each)}


def _returns_zero(operation: type[Operation]) -> bool:
    """Whether its ``bandwidth`` is ``return 0``."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(operation.bandwidth)))
    return any(
        isinstance(node, ast.Return)
        and isinstance(node.value, ast.Constant)
        and node.value.value == 0
        for node in ast.walk(tree)
    )


def test_codes_that_an_operation_names_are_on_the_page() -> None:
    """Its docstring says ``"stake"`` for each; the page has them all."""
    for operation in OPERATIONS:
        named = set(re.findall(r'``"([\w-]+)"``', inspect.getdoc(operation) or ""))
        assert named <= {*rows()[operation.name()][2], "permission"}, operation.name()
