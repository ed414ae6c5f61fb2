"""``focusmesh pin``: tokens for keeping the data of blocks, and the proofs that earn them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.errors import ParameterError, SignalError, StoreBusyError
from focusmesh.interface.cli.ledger.tx import placed_document
from focusmesh.interface.cli.shared.graph_input import existing
from focusmesh.interface.cli.shared.ledger_options import (
    LedgerOption,
    Signing,
    open_ledger,
    open_to_sign,
)
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from typing import Any

    from focusmesh.apps.pins import OpenPin
    from focusmesh.host.ledger import OpenLedger
    from focusmesh.kernel.availability import Square
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.runtime import Operation

_BLOCKS_TO_TAKE = 1_000
_SECONDS_BETWEEN_LOOKS = 0.5

PinId = Annotated[
    str,
    typer.Argument(metavar="PIN", help="The pin's id, or its first digits.", show_default=False),
]
Data = Annotated[
    str | None,
    typer.Option(
        "--data", metavar="FILE", help="The block's body, as kept (that of the ledger's own block)."
    ),
]


@command
def offer(
    ledger: LedgerOption,
    signing: Signing,
    output: Output,
    price: Annotated[
        int, typer.Option("--price", metavar="AMOUNT", min=1, help="Amount paid for every proof.")
    ],
    block: Annotated[
        int | None,
        typer.Option("--block", metavar="N", min=1, help="Block whose data is kept (the last)."),
    ] = None,
    interval: Annotated[
        int,
        typer.Option("--interval", metavar="BLOCKS", min=1, help="One proof in so many blocks."),
    ] = 100,
    proofs: Annotated[int, typer.Option("--proofs", min=1, help="Largest number of proofs.")] = 10,
    shares: Annotated[
        int, typer.Option("--shares", min=1, max=16, help="How many random shares a proof shows.")
    ] = 4,
    deposit: Annotated[
        int, typer.Option("--deposit", metavar="AMOUNT", min=0, help="Deposit of the keeper.")
    ] = 0,
    misses: Annotated[
        int,
        typer.Option("--misses", min=1, help="The deposit is lost after so many missed rounds."),
    ] = 3,
    until: Annotated[
        int | None,
        typer.Option(
            "--until",
            metavar="HEIGHT",
            min=1,
            help="The last block that can take it (1,000 from now).",
        ),
    ] = None,
    copy: Annotated[
        int,
        typer.Option(
            "--copy", min=0, max=255, help="A number that tells offers on the same terms apart."
        ),
    ] = 0,
) -> None:
    """Offer PRICE for each proof that a block's data is kept.

    All that it may cost is locked at once.
    """
    from focusmesh.apps.pins import OfferPin, pin_id

    with open_to_sign(ledger, signing) as here:
        root, width = _square_of(here.chain, here.height() if block is None else block)
        last = here.height() + _BLOCKS_TO_TAKE if until is None else until
        made = OfferPin(root, width, copy, price, interval, proofs, shares, deposit, misses, last)
        name = pin_id(here.chain.network, made.pin(here.author)).hex()
        _send(here, made, Screen(output), pin=name)


@command
def list_(ledger: LedgerOption, output: Output) -> None:
    """List the pins of a ledger: their ids, pay and progress."""
    from focusmesh.host.ledger import open_pins, pin_progress

    screen = Screen(output)
    with open_ledger(ledger) as here:
        found = open_pins(here.reading())
    if screen.as_json:
        screen.document({"pins": [each.as_fields() for each in found]})
    screen.lines(
        f"{each.id.hex()}  {each.pin.price} a proof  {pin_progress(each)}" for each in found
    )


@command
def take(
    pin: PinId, ledger: LedgerOption, signing: Signing, output: Output, data: Data = None
) -> None:
    """Keep the data of a pin from now on, and pay its deposit.

    First the command checks that the data is here.
    """
    from focusmesh.apps.pins import TakePin
    from focusmesh.host.ledger import kept_square

    with open_to_sign(ledger, signing) as here:
        found = _pin(here.chain, pin)
        kept_square(here.chain, found.pin, _path(data))
        _send(here, TakePin(found.id), Screen(output), pin=found.id.hex())


@command
def prove(
    pin: PinId, ledger: LedgerOption, signing: Signing, output: Output, data: Data = None
) -> None:
    """Send the proof that this round of a pin asks for, and be paid."""
    from focusmesh.host.ledger import kept_square, proof_of

    with open_to_sign(ledger, signing) as here:
        found = _pin(here.chain, pin)
        _check_keeper(found, here.author)
        square = kept_square(here.chain, found.pin, _path(data))
        proof = proof_of(here.chain, found, square)
        _send(here, proof, Screen(output), pin=found.id.hex(), round=proof.round)


@command
def keep(
    pin: PinId, ledger: LedgerOption, signing: Signing, output: Output, data: Data = None
) -> None:
    """Prove a pin in every round, until it is over or this is interrupted.

    Each proof is one line of output.
    """
    from focusmesh.host.ledger import kept_square, pin_progress

    screen = Screen(output)
    with open_to_sign(ledger, signing) as here:
        found = _pin(here.chain, pin)
        _check_keeper(found, here.author)
        square = kept_square(here.chain, found.pin, _path(data))
    while not found.is_over:
        if found.is_due:
            _prove_due(found, square, ledger, signing, screen)
        else:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        later = _later(ledger, found)
        if later is None:
            screen.narrate("it is over, and somebody closed it")
            return
        found = later
    screen.narrate(pin_progress(found))


def _prove_due(
    found: OpenPin, square: Square, ledger: str, signing: Signing, screen: Screen
) -> None:
    """Proves a round unless something keeps that out of the ledger which will be gone when it is looked at again."""
    from focusmesh.host.ledger import proof_of

    try:
        # Opened anew for each proof: who keeps a ledger open for writing keeps all others out.
        with open_to_sign(ledger, signing) as here:
            now = _later_in(here.chain, found)
            if now is not None and now.is_due:
                proof = proof_of(here.chain, now, square)
                _send(here, proof, screen, pin=now.id.hex(), round=proof.round)
    except StoreBusyError as error:
        screen.narrate(f"{error}; trying again")
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    except SignalError as error:
        # Others made the last blocks of the round before this one, or it was proved from elsewhere.
        if error.code not in {"round", "absent"}:
            raise
        screen.narrate(f"{error}; going on with the next round")


def _later(ledger: str, found: OpenPin) -> OpenPin | None:
    with open_ledger(ledger) as here:
        return _later_in(here.reading(), found)


def _later_in(chain: Chain, found: OpenPin) -> OpenPin | None:
    """The pin as it is now, None where it was closed."""
    from focusmesh.host.ledger import open_pins

    return next((each for each in open_pins(chain) if each.id == found.id), None)


@command
def close(pin: PinId, ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Close a pin that is over, or one of your own that nobody took.

    What was not earned goes back.
    """
    from focusmesh.apps.pins import ClosePin

    with open_to_sign(ledger, signing) as here:
        found = _pin(here.chain, pin)
        _send(here, ClosePin(found.id), Screen(output), pin=found.id.hex())


def _pin(chain: Chain, name: str) -> OpenPin:
    from focusmesh.host.ledger import open_pin

    return open_pin(chain, name)


def _square_of(chain: Chain, height: int) -> tuple[bytes, int]:
    """Data root and width of a block. Raises BlockError ("height")."""
    from focusmesh.kernel.block import square_of

    block = chain.block(height)
    if not height or not chain.parameters.has_squares:
        raise ParameterError(f"block {height} has no square whose data could be kept")
    return block.header.data_root, square_of(block.body).width


def _check_keeper(found: OpenPin, author: bytes) -> None:
    if found.pin.keeper != author:
        who = f"kept by {found.pin.keeper.hex()}" if found.pin.keeper else "not taken yet"
        raise ParameterError(
            f"pin {found.id.hex()} is {who}: take it, or name the right key with --key"
        )


def _path(data: str | None) -> Path | None:
    return None if data is None else Path(existing(data))


def _send(here: OpenLedger, operation: Operation, screen: Screen, **facts: Any) -> None:
    """Signs one operation, waits for its block, tells where it stands."""
    from focusmesh.kernel.session import Step

    (placed,) = here.send([Step(operation.as_fields())])
    if screen.as_json:
        screen.document(placed_document(placed) | facts)
    known = [facts["pin"], *(f"{name} {value}" for name, value in facts.items() if name != "pin")]
    screen.lines(["  ".join([*known, f"block {placed.height}"])])
    screen.narrate(f"signal {placed.signal.hex()} · fee {placed.fee}")
