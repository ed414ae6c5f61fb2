"""Statements as operators make them: a text, signatures of one validator after another, joined and then shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import FileError, InputError
from focusmesh.host.ledger.rule_changes import check_can_change

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.consensus import Statement, StatementText

STATEMENT_FILE_MAX = 1 << 17


def next_statement(chain: Chain, kind: str, end_height: int) -> StatementText:
    """The text of a statement that a block of this epoch can show, the next one in number.

    Raises ParameterError where rules cannot change, ProofError ("statement") for a kind that there is not.
    """
    from focusmesh.kernel.consensus import StatementText
    from focusmesh.kernel.state import read_statement

    check_can_change(chain)
    last = read_statement(chain.state.get)
    number = 1 if last is None else last.number + 1
    text = StatementText(chain.network, chain.epoch, number, kind, end_height)
    text.ballot()
    return text


def read_statement_file(path: Path) -> Statement:
    """A statement in a file, of as many signatures as it has. Raises FileError, ProofError ("statement")."""
    from focusmesh.kernel.consensus import Statement

    try:
        with path.open("rb") as file:
            data = file.read(STATEMENT_FILE_MAX)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    return Statement.from_bytes(data)


def joined_statement(statements: Sequence[Statement]) -> Statement:
    """One statement with all signatures of its copies. Raises InputError for none, ProofError for two texts."""
    if not statements:
        raise InputError("name the files that were signed")
    first, *others = statements
    for each in others:
        first = first.join(each)
    return first


def signed_weight(chain: Chain, statement: Statement) -> tuple[int, int]:
    """How much of the weight that decides the next block has signed, and the total. O(signatures)."""
    weights = dict(chain.state.electorate)
    return sum(weights.get(key, 0) for key, _ in statement.signatures), sum(weights.values())
