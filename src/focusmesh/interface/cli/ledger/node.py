"""``focusmesh node``: a ledger's folder is made, runs, and tells how it stands."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import AgreementChangedError, ParameterError
from focusmesh.host.storage import STAKE, Folder, begin_votes, create, milliseconds, serving
from focusmesh.interface.cli.ledger.network import Listen, PeerNames, Told, start_in_network
from focusmesh.interface.cli.shared.ledger_options import (
    AgreementKind,
    EpochBlocks,
    KeyName,
    Keys,
    LedgerFolder,
    Unlocking,
    Validators,
    open_ledger,
)
from focusmesh.interface.cli.shared.options import OperatorOnly, Output, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, count_of, size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.host.keys import KeyFile, Keyring, Keystore
    from focusmesh.kernel.block import Chain, Inclusion

NetworkName = Annotated[
    str | None, typer.Option("--name", metavar="TEXT", help="Name of the network (the folder's).")
]
Grants = Annotated[
    list[str] | None,
    typer.Option(
        "--grant",
        metavar="KEY=STAKE",
        help="Initial stake of another neuron; may be repeated.",
    ),
]
Stake = Annotated[
    int,
    typer.Option(
        "--stake",
        metavar="AMOUNT",
        min=1,
        help="Stake of the key that creates the ledger; of each validator, besides its bond.",
    ),
]
WeightUnit = Annotated[
    int,
    typer.Option(
        "--weight-unit", metavar="AMOUNT", min=1, help="Stake that a link of weight 1 locks."
    ),
]
LinkBurn = Annotated[
    int, typer.Option("--link-burn", metavar="AMOUNT", min=0, help="Amount that every link burns.")
]
Balance = Annotated[
    int,
    typer.Option("--balance", metavar="AMOUNT", min=0, help="Initial balance of each neuron."),
]
FocusInterval = Annotated[
    int, typer.Option("--focus-interval", metavar="N", min=1, help="Rank at every N-th block.")
]
HistoryWindow = Annotated[
    int, typer.Option("--history", metavar="N", min=0, help="Keep the states of N past blocks.")
]
OldValidators = Annotated[
    list[str] | None,
    typer.Option("--voter", metavar="KEY=BOND", hidden=True, help="The old name of --validator."),
]
ForgetVotes = Annotated[
    bool,
    typer.Option(
        "--forget-votes", hidden=True, help="Vote at once without vote records: for drills."
    ),
]
_GRACE_SECONDS = 10.0
"""How long a node that is told to end makes blocks of what waits already."""
Interval = Annotated[
    float, typer.Option("--interval", metavar="SECONDS", min=0.0, help="Least time between blocks.")
]

Drill = Annotated[
    str | None,
    typer.Option("--drill", metavar="FILE", hidden=True, help="Faults for drills, as JSON."),
]


@command
def init(
    folder: LedgerFolder,
    keys: Keys,
    operator: OperatorOnly,
    output: Output,
    key: KeyName = None,
    name: NetworkName = None,
    stake: Stake = STAKE,
    grant: Grants = None,
    balance: Balance = 0,
    weight_unit: WeightUnit = 1,
    link_burn: LinkBurn = 0,
    focus_interval: FocusInterval = 1,
    history: HistoryWindow = 64,
    agreement: AgreementKind = "solo",
    validator: Validators = None,
    voter: OldValidators = None,
    epoch_blocks: EpochBlocks = 1_000,
) -> None:
    """Create a ledger in DIR.

    One key makes its blocks, or validators agree on them (--agreement quorum or snowman, --validator …).
    """
    from focusmesh.engine.focus import ProtocolParams
    from focusmesh.host.storage import agreed_fields
    from focusmesh.kernel.block import Grant
    from focusmesh.kernel.state import Parameters

    screen, store = Screen(output), keys.store()
    coefficients = ProtocolParams.of(operator.params())
    named = [*(validator or ()), *(voter or ())]
    validators = dict(parsed_grant(store, text, "--validator") for text in named)
    fields = agreed_fields(agreement, validators, epoch_blocks)
    grants, maker = _grants(store, key, stake, validators, fields)
    for text in grant or ():
        neuron, amount = parsed_grant(store, text)
        grants[neuron] = amount + validators.get(neuron, 0)
    parameters = Parameters(
        weight_unit=weight_unit,
        link_burn=link_burn,
        focus_interval=focus_interval,
        history_window=history,
        alpha=coefficients.alpha,
        diffusion=coefficients.diffusion,
        series=coefficients.series,
        **fields,
    )
    where = Folder(Path(folder))
    created = [Grant(neuron, balance, amount) for neuron, amount in grants.items()]
    create(where, name or where.path.resolve().name, parameters, created, milliseconds())
    with open_ledger(folder) as chain:
        show_status(status_document(where, chain.reading()), screen)
    screen.narrate(f"{folder}: a ledger whose blocks {maker}")


def _grants(
    store: Keystore,
    key: str | None,
    stake: int,
    validators: dict[bytes, int],
    fields: dict[str, Any],
) -> tuple[dict[bytes, int], str]:
    """Stakes of who makes blocks or votes, and in words who that is; the ``fields`` are told who may mint."""
    granted = {neuron: stake + bond for neuron, bond in validators.items()}
    if validators and key is None:
        return granted, "its validators decide"
    proposer = only_key(store) if key is None else store.find(key)
    granted.setdefault(proposer.neuron, stake)
    fields["minters"] = (proposer.neuron,)
    if validators:
        return granted, "its validators decide"
    fields["proposers"] = (proposer.neuron,)
    return granted, f"{proposer.name} makes"


@command
def start(
    folder: LedgerFolder,
    unlocking: Unlocking,
    output: Output,
    key: KeyName = None,
    interval: Interval = 0.05,
    listen: Listen = None,
    address: Told = None,
    peer: PeerNames = None,
    drill: Drill = None,
    forget_votes: ForgetVotes = False,
) -> None:
    """Run the node of the ledger in DIR until it is interrupted.

    It takes signals of other processes and makes blocks.
    """
    screen, where = Screen(output), Folder.existing(folder)
    if (
        listen is not None
        or address is not None
        or peer
        or where.peers.exists()
        or where.follows.exists()
        or agrees(where)
    ):
        named = (listen, address, peer or [])
        keyring = unlocking.keyring(key)
        start_in_network(where, keyring, *named, interval, screen, drill, forgets=forget_votes)
        return
    with open_ledger(folder) as shared:
        proposers = shared.reading().proposers
    keyring = unlocking.keyring(key)
    keyring.proposer(proposers)  # A passphrase is asked for before anything is locked.
    begin_votes(where)
    try:
        _make_blocks(where, keyring, interval, screen)
    except AgreementChangedError as error:
        screen.narrate(f"{folder}: {error}")
        begin_votes(where, was_solo=True)
        start_in_network(where, keyring, None, None, [], interval, screen, drill)


def _make_blocks(where: Folder, keyring: Keyring, interval: float, screen: Screen) -> None:
    """Alone, until it is interrupted, or validators decide blocks: then AgreementChangedError."""
    from focusmesh.engine.support import parallel
    from focusmesh.host.node import finish, node, review_of, run
    from focusmesh.protocol.world import SignaturePool

    folder = where.path
    with catch_interrupts() as stop, SignaturePool(parallel.thread_count()) as pool:
        with node(where, keyring.proposer, pool, stop) as producer:
            chain = producer.chain
            screen.narrate(
                f"{folder}: height {chain.height}, process {os.getpid()}; Ctrl-C or SIGTERM ends it"
            )
            review = review_of(where, chain)
            run(producer, interval, stop, lambda made: show_block(made, screen), review)
            finish(where, producer, _GRACE_SECONDS)
            if screen.as_json:
                screen.document(status_document(where, chain))
        screen.narrate(f"{folder}: ended at height {chain.height}")


def agrees(folder: Folder) -> bool:
    """Whether validators decide the blocks of a ledger."""
    with open_ledger(str(folder.path)) as shared:
        return shared.reading().validator_set is not None


@command
def status(folder: LedgerFolder, output: Output) -> None:
    """Show the last block of the ledger in DIR, and whether a node runs."""
    with open_ledger(folder) as chain:
        show_status(status_document(Folder(Path(folder)), chain.reading()), Screen(output))


def status_document(folder: Folder, chain: Chain) -> dict[str, Any]:
    """The facts of a ledger's folder."""
    from focusmesh.host.spool import Spool, count_promises

    header = chain.tip
    spool = Spool(folder.spool) if folder.spool.is_dir() else None
    with chain.state.at() as view:
        particles, links = view.sizes()
    return {
        "path": str(folder.path),
        "name": chain.genesis.name,
        "network": chain.network.hex(),
        "height": header.height,
        "time": header.time,
        "block": header.id.hex(),
        "state_root": header.state_root.hex(),
        "particles": particles,
        "links": links,
        "proposers": [neuron.hex() for neuron in chain.proposers],
        "node": serving(folder),
        "waiting": 0 if spool is None else spool.totals().signals,
        "promises": None if spool is None else count_promises(spool.database)._asdict(),
        "bytes": sum(file.stat().st_size for file in folder.store.iterdir()),
    }


def show_status(document: dict[str, Any], screen: Screen) -> None:
    """The same as a table."""
    if screen.as_json:
        screen.document(document)
        return
    node = document["node"]
    made = datetime.fromtimestamp(document["time"] / 1_000, UTC)
    facts = [
        ("network", document["name"]),
        ("height", f"{document['height']:,}"),
        ("block", document["block"]),
        ("time", made.isoformat(" ", "seconds")),
        ("state root", document["state_root"]),
        ("particles", f"{document['particles']:,}"),
        ("links", f"{document['links']:,}"),
        ("node", "none runs" if node is None else f"process {node}"),
        ("waiting", count_of(document["waiting"], "signal")),
    ]
    if document["promises"] is not None:
        counts = (f"{count:,} {name}" for name, count in document["promises"].items())
        facts.append(("promises", ", ".join(counts)))
    screen.table([Column(document["path"]), Column("", style="bold")], facts)


def show_block(made: Inclusion, screen: Screen) -> None:
    """A line for a block that the node made."""
    from focusmesh.kernel.runtime import DONE

    block = made.block
    if block is None:
        return
    failed = sum(result.code != DONE for result in made.results.values())
    words = [
        f"block {block.header.height}",
        block.id.hex()[:16],
        count_of(len(made.results), "signal") + (f" ({failed} failed)" if failed else ""),
        size_text(len(block.body)),
        f"{sum(made.seconds.values()):.3f} s",
    ]
    screen.lines([" · ".join(words)])
    sys.stdout.flush()


@contextmanager
def catch_interrupts() -> Iterator[Event]:
    """An event that SIGINT and SIGTERM set while the block runs, in the place of ending the process at once."""
    stop = Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def only_key(store: Keystore, option: str = "--key") -> KeyFile:
    """The key of a keystore that has one; raises ParameterError where there are none or several."""
    keys = store.keys()
    if len(keys) == 1:
        return keys[0]
    found = ", ".join(key.name for key in keys) or "none; `focusmesh keys new NAME` makes one"
    raise ParameterError(
        f"{option}: name the key that makes the blocks; in {store.folder}: {found}"
    )


def parsed_grant(store: Keystore, text: str, option: str = "--grant") -> tuple[bytes, int]:
    """``KEY=STAKE`` as a neuron and an amount; raises ParameterError."""
    name, _, amount = text.partition("=")
    if not name or not amount.isdecimal():
        what = "STAKE" if option == "--grant" else "BOND"
        raise ParameterError(f"{option} {text!r}: write KEY={what}, such as bob=1000000")
    return store.neuron(name), int(amount)
