"""``focusmesh tx bond``, ``unbond``, ``withdraw``, ``accuse``: stake that votes on blocks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.interface.cli.ledger_options import LedgerOption, Signing  # noqa: TC001  (typer reads them)
from focusmesh.interface.cli.options import Output, command
from focusmesh.interface.cli.reading import existing
from focusmesh.interface.cli.tx import Amount, send

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Operation

Evidence = Annotated[
    str,
    typer.Argument(metavar="FILE", help="Two votes of one voter, or -.", show_default=False),
]


@command
def bond(amount: Amount, ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Bond AMOUNT of the key's stake, as far as no link holds it: from the next epoch on it votes on blocks."""
    from focusmesh.apps.validators import BondStake

    send(lambda _: BondStake(amount), ledger, signing, output)


@command
def unbond(amount: Amount, ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Take AMOUNT out of the key's bond; it can be withdrawn some weeks after the end of the epoch."""
    from focusmesh.apps.validators import UnbondStake

    send(lambda _: UnbondStake(amount), ledger, signing, output)


@command
def withdraw(ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Put what was unbonded long enough ago back into the key's stake."""
    from focusmesh.apps.validators import WithdrawStake

    send(lambda _: WithdrawStake(), ledger, signing, output)


@command
def accuse(evidence: Evidence, ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Show in FILE that a voter voted twice: it loses all that it has bonded, and the key gets a twentieth."""
    data = sys.stdin.buffer.read() if evidence == "-" else existing(evidence).read_bytes()
    send(lambda _: _accusing(data), ledger, signing, output)


def _accusing(evidence: bytes) -> Operation:
    from focusmesh.apps.validators import EVIDENCE_BYTES_MAX, Accuse
    from focusmesh.errors import InputError

    if len(evidence) > EVIDENCE_BYTES_MAX:
        raise InputError(
            f"evidence has at most {EVIDENCE_BYTES_MAX} bytes, this has {len(evidence):,}"
        )
    return Accuse(evidence)
