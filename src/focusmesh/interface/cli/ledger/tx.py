"""``focusmesh tx``: one signed signal, into a block of the ledger."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.ids import digest, to_cid
from focusmesh.interface.cli.shared.graph_input import existing
from focusmesh.interface.cli.shared.ledger_options import (
    LedgerOption,
    Relation,
    Signing,
    Source,
    Target,
    open_to_sign,
)
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.host.ledger import OpenLedger
    from focusmesh.kernel.runtime import Operation
    from focusmesh.kernel.session import Placed, Step

Weight = Annotated[int, typer.Argument(metavar="WEIGHT", min=1, help="In units of weight.")]
To = Annotated[
    str,
    typer.Argument(
        metavar="TO", help="The name of a key here, or a public key.", show_default=False
    ),
]
Amount = Annotated[
    int, typer.Argument(metavar="AMOUNT", min=1, help="In base units.", show_default=False)
]
NewKey = Annotated[
    str, typer.Argument(metavar="TO", help="A fresh key of this machine.", show_default=False)
]
Content = Annotated[
    str, typer.Argument(metavar="FILE", help="A file, or - for stdin.", show_default=False)
]
PropertyName = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of the property.", show_default=False)
]
PropertyValue = Annotated[
    str, typer.Argument(metavar="VALUE", help="The text; without it the property is removed.")
]


@command
def link(
    source: Source,
    target: Target,
    ledger: LedgerOption,
    signing: Signing,
    output: Output,
    weight: Weight = 1,
    relation: Relation = None,
) -> None:
    """Link SOURCE to TARGET and lock WEIGHT units of stake in the link.

    The weight is added to what the key has locked there already.
    """
    from focusmesh.kernel.session import link_step

    def step(opened: OpenLedger) -> Step:
        return link_step(source, target, relation, weight * opened.parameters.weight_unit)

    send(step, ledger, signing, output)


@command
def unlink(
    source: Source,
    target: Target,
    ledger: LedgerOption,
    signing: Signing,
    output: Output,
    relation: Relation = None,
) -> None:
    """Take back what the key has locked in the link SOURCE to TARGET."""
    from focusmesh.kernel.session import unlink_step

    send(lambda _: unlink_step(source, target, relation), ledger, signing, output)


@command
def transfer(
    to: To, amount: Amount, ledger: LedgerOption, signing: Signing, output: Output
) -> None:
    """Give AMOUNT of the key's balance to another neuron."""
    from focusmesh.apps.bank import Transfer

    receiver = signing.store().neuron(to)
    send(lambda _: Transfer(receiver, amount), ledger, signing, output)


@command
def stake(amount: Amount, ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Turn AMOUNT of the key's balance into stake, which links lock."""
    from focusmesh.apps.bank import Stake

    send(lambda _: Stake(amount), ledger, signing, output)


@command
def unstake(amount: Amount, ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Turn AMOUNT of the key's stake back into balance.

    Stake that a link holds cannot be taken.
    """
    from focusmesh.apps.bank import Unstake

    send(lambda _: Unstake(amount), ledger, signing, output)


@command
def mint(to: To, amount: Amount, ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Create AMOUNT for a neuron; only minters of the ledger can."""
    from focusmesh.apps.bank import Mint

    receiver = signing.store().neuron(to)
    send(lambda _: Mint(receiver, amount), ledger, signing, output)


@command
def burn(amount: Amount, ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Destroy AMOUNT of the key's balance; only minters of the ledger can."""
    from focusmesh.apps.bank import Burn

    send(lambda _: Burn(amount), ledger, signing, output)


@command
def put(content: Content, ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Put the content of FILE into the ledger and print its CID.

    The CID is a particle that can be linked.
    """
    from focusmesh.kernel.session import put_step

    data = sys.stdin.buffer.read() if content == "-" else existing(content).read_bytes()
    send(lambda _: put_step(data), ledger, signing, output, particle=to_cid(digest(data)))


@command
def property_(
    source: Source,
    name: PropertyName,
    ledger: LedgerOption,
    signing: Signing,
    output: Output,
    value: PropertyValue = "",
) -> None:
    """Set the property NAME of a particle to VALUE, as this key says it."""
    from focusmesh.kernel.session import property_step

    send(lambda _: property_step(source, name, value.encode()), ledger, signing, output)


@command
def rotate(to: NewKey, ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Hand everything that the key has to the key TO of this machine.

    The old key signs nothing any more.
    """
    from focusmesh.kernel.session import rotate_step

    fresh = signing.store().unlock(to, signing.passphrase(to))
    send(
        lambda opened: rotate_step(opened.chain.network, opened.neuron, fresh),
        ledger,
        signing,
        output,
    )


def send(
    step: Callable[[OpenLedger], Step | Operation],
    ledger: str,
    signing: Signing,
    output: Output,
    **told: str,
) -> None:
    """Signs one step, waits for its block, tells where it stands."""
    screen = Screen(output)
    with open_to_sign(ledger, signing) as opened:
        send_in(opened, step(opened), screen, **told)


def send_in(opened: OpenLedger, asked: Step | Operation, screen: Screen, **told: str) -> None:
    """``send`` in a ledger that is open."""
    from focusmesh.kernel.session import Step

    one = asked if isinstance(asked, Step) else Step(asked.as_fields())
    (placed,) = opened.send([one])
    if screen.as_json:
        screen.document(placed_document(placed) | told)
    screen.lines(["  ".join([*told.values(), f"block {placed.height}"])])
    screen.narrate(f"signal {placed.signal.hex()} · fee {placed.fee}")


def placed_document(placed: Placed) -> dict[str, Any]:
    """Where a signal stands."""
    return {
        "signal": placed.signal.hex(),
        "height": placed.height,
        "code": placed.code,
        "fee": placed.fee,
    }
