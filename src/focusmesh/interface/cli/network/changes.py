"""``focusmesh network``: propose other rules, vote on them, list what is voted on, say that a node is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from focusmesh.interface.cli.ledger.node import parsed_grant
from focusmesh.interface.cli.ledger.tx import send_in
from focusmesh.interface.cli.shared.ledger_options import (
    AgreementKind,
    EpochBlocks,
    LedgerOption,
    Signing,
    Validators,
    open_ledger,
    open_to_sign,
)
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column

if TYPE_CHECKING:
    from focusmesh.apps.changes import ChangeRow

_HOUR_MS = 3_600_000

Changes = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME=VALUE", help="A parameter and what it is to be, such as link_burn=2."
    ),
]
ChangeId = Annotated[
    str,
    typer.Argument(
        metavar="CHANGE", help="The change's id, or its first digits.", show_default=False
    ),
]
OperationSet = Annotated[
    str,
    typer.Option(
        "--operations", metavar="DIGEST", help="A set of operations, `own` for this release's."
    ),
]
Release = Annotated[
    str, typer.Option("--release", metavar="NAME", help="The first release that has the set.")
]
Migrations = Annotated[
    str, typer.Option("--migrations", metavar="NAMES", help="What is run first, with commas.")
]
FromEpoch = Annotated[
    int | None,
    typer.Option("--from-epoch", metavar="N", min=1, help="The earliest epoch (the next)."),
]
Proposers = Annotated[
    list[str] | None,
    typer.Option(
        "--proposer", metavar="KEY", help="Who makes the blocks, for solo; may be repeated."
    ),
]
OneChange = Annotated[
    str,
    typer.Argument(metavar="CHANGE", help="The change, where several name a set of operations."),
]


@command
def propose(
    ledger: LedgerOption,
    signing: Signing,
    output: Output,
    changes: Changes = None,
    set_: OperationSet = "",
    release: Release = "",
    migrations: Migrations = "",
    from_epoch: FromEpoch = None,
    agreement: AgreementKind = "",
    validator: Validators = None,
    epoch_blocks: EpochBlocks = 1_000,
    proposer: Proposers = None,
) -> None:
    """Propose other rules for a network, and vote for them.

    More than two thirds of who votes on blocks make it law. Where one key makes the blocks its vote is enough: so it
    hands the ledger over to validators (--agreement quorum --validator …).
    """
    from focusmesh.host.ledger import (
        change_operation,
        check_can_change,
        own_release,
        read_digest,
        written_agreement,
        written_changes,
    )

    written, store = written_changes(changes or []), signing.store()
    bonds = dict(parsed_grant(store, text, "--validator") for text in validator or ())
    keys = [store.neuron(name) for name in proposer or ()]
    decides = written_agreement(agreement, bonds, epoch_blocks, keys)
    with open_to_sign(ledger, signing) as here:
        check_can_change(here.chain)
        own = set_ == "own"
        digest = here.chain.registry.digest if own else read_digest(set_)
        first = here.chain.epoch + 1 if from_epoch is None else from_epoch
        named = digest, release or (own_release() if own else ""), migrations
        operation = change_operation(here.chain, written, named, first, decides)
        send_in(here, operation, Screen(output))


@command
def vote(
    change: ChangeId,
    ledger: LedgerOption,
    signing: Signing,
    output: Output,
    no: Annotated[bool, typer.Option("--no", help="Vote against it.")] = False,
) -> None:
    """Vote for a change, or against it with --no; the last vote of a key counts."""
    from focusmesh.apps.changes import VoteOnChange
    from focusmesh.host.ledger import check_can_change, open_change

    with open_to_sign(ledger, signing) as here:
        check_can_change(here.chain)
        found = open_change(here.chain, change)
        send_in(here, VoteOnChange(found.id, not no), Screen(output), change=found.id.hex())


@command
def list_(ledger: LedgerOption, output: Output) -> None:
    """List the changes of a network that are voted on, or wait for their epoch."""
    from focusmesh.apps.changes import change_row
    from focusmesh.host.ledger import open_changes

    screen = Screen(output)
    with open_ledger(ledger) as here:
        chain = here.reading()
        found, parameters = [change_row(each) for each in open_changes(chain)], chain.parameters
        epoch = chain.epoch if parameters.can_change else 0
    if screen.as_json:
        screen.document(
            {"epoch": epoch, "can_change": parameters.can_change}
            | {"changes": [msgspec.to_builtins(each) for each in found]}
        )
    screen.lines(_line(each) for each in found)
    if not parameters.can_change:
        screen.narrate("the rules of this network cannot change yet: focusmesh network ready")


@command
def rules(ledger: LedgerOption, output: Output) -> None:
    """List the rules that votes can change, what holds for the next block, and how far a change may go now."""
    from focusmesh.apps.changes import value_text
    from focusmesh.host.ledger import rules_in_force

    screen = Screen(output)
    with open_ledger(ledger) as here:
        found = rules_in_force(here.reading())
    if screen.as_json:
        screen.document({"rules": [each._asdict() for each in found]})
    screen.table(
        [
            Column("rule"),
            Column("now", right=True),
            Column("least", right=True),
            Column("most", right=True),
        ],
        [[each.name, value_text(each.value), str(each.least), str(each.most)] for each in found],
    )


@command
def ready(
    ledger: LedgerOption,
    signing: Signing,
    output: Output,
    change: OneChange = "",
    epoch_hours: Annotated[
        float,
        typer.Option("--epoch-hours", min=0.001, help="Older networks: longest epoch, in hours."),
    ] = 24.0,
    heartbeat_hours: Annotated[
        float,
        typer.Option(
            "--heartbeat-hours",
            min=0.001,
            help="Older networks: an idle one makes a block so often.",
        ),
    ] = 1.0,
    deposit: Annotated[
        int, typer.Option("--deposit", min=0, help="Older networks: what a proposal locks.")
    ] = 1,
) -> None:
    """Say that this node has the operations that a change asks for.

    In a network from before its rules could change it says that they shall: more than two thirds have to say the same.
    """
    from focusmesh.host.ledger import readiness
    from focusmesh.kernel.state import ChangeRules

    rules = ChangeRules(
        epoch_ms=round(epoch_hours * _HOUR_MS),
        heartbeat_ms=round(heartbeat_hours * _HOUR_MS),
        change_deposit=deposit,
    )
    with open_to_sign(ledger, signing) as here:
        send_in(here, readiness(here.chain, change, rules), Screen(output))


def _line(change: ChangeRow) -> str:
    what = list(change.changes)
    if change.operations:
        what.append(f"operations {change.operations[:16]} of {change.release}")
    if change.agreement:
        what.append(f"agreement {change.agreement}")
    stage = (
        f"law from epoch {change.from_epoch}"
        if change.passed_epoch
        else f"from epoch {change.from_epoch}  {len(change.approving)} for, {len(change.opposing)} against"
    )
    if change.operations:
        stage = f"{stage}, {len(change.ready)} ready"
    return f"{change.id}  {', '.join(what)}  {stage}"
