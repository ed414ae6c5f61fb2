"""``focusmesh tx bond``, ``unbond``, ``withdraw``, ``accuse``, ``unjail``, ``alive``: stake that votes on blocks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.interface.cli.ledger.tx import Amount, send
from focusmesh.interface.cli.shared.graph_input import existing
from focusmesh.interface.cli.shared.ledger_options import LedgerOption, Signing  # noqa: TC001  (typer reads them)
from focusmesh.interface.cli.shared.options import Output, command

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Operation

Evidence = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="Two votes of one validator, or one for a wrong block; - for stdin.",
        show_default=False,
    ),
]


@command
def bond(amount: Amount, ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Bond AMOUNT of the key's stake, to vote on blocks.

    It votes from the next epoch on. Stake that a link holds cannot be bonded.
    """
    from focusmesh.apps.validators import BondStake

    send(lambda _: BondStake(amount), ledger, signing, output)


@command
def unbond(amount: Amount, ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Take AMOUNT out of the key's bond.

    It can be withdrawn some weeks after the end of the epoch.
    """
    from focusmesh.apps.validators import UnbondStake

    send(lambda _: UnbondStake(amount), ledger, signing, output)


@command
def withdraw(ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Return what was unbonded long enough ago to the key's stake."""
    from focusmesh.apps.validators import WithdrawStake

    send(lambda _: WithdrawStake(), ledger, signing, output)


@command
def accuse(evidence: Evidence, ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Accuse a validator that voted twice or for a wrong block, by the proof in FILE.

    It loses a part of all that it has at stake, or everything, and the key gets a twentieth of that.
    """
    data = sys.stdin.buffer.read() if evidence == "-" else existing(evidence).read_bytes()
    send(lambda _: _accusing(data), ledger, signing, output)


@command
def unjail(ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """End the jail of the key's validator, once its time is over.

    From the next epoch on it can be elected again. What was left of its bond has to be enough.
    """
    from focusmesh.apps.validators import Unjail

    send(lambda _: Unjail(), ledger, signing, output)


@command
def alive(ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Say that the key's validator is at work, so that absence does not jail it.

    Its node does this by itself.
    """
    from focusmesh.apps.validators import Alive

    send(lambda _: Alive(), ledger, signing, output)


def _accusing(evidence: bytes) -> Operation:
    from focusmesh.apps.validators import EVIDENCE_BYTES_MAX, PROOF_BYTES_MAX, Accuse, AccuseAny
    from focusmesh.errors import InputError

    if len(evidence) > PROOF_BYTES_MAX:
        raise InputError(
            f"evidence has at most {PROOF_BYTES_MAX} bytes, this has {len(evidence):,}"
        )
    # All networks know the first, and it is free of bandwidth.
    return Accuse(evidence) if len(evidence) <= EVIDENCE_BYTES_MAX else AccuseAny(evidence)
