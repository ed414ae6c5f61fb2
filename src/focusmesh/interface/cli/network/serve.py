"""``focusmesh serve``: a graph or a ledger for other programs and for browsers, over HTTP."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import ParameterError
from focusmesh.host.settings import Settings
from focusmesh.interface.cli.ledger.new_ledger import Phrases, begin_ledger
from focusmesh.interface.cli.shared.graph_input import is_imported, show_preview
from focusmesh.interface.cli.shared.ledger_options import Unlocking  # noqa: TC001  (read by typer)
from focusmesh.interface.cli.shared.options import Operator, Output, Reading, command
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from focusmesh.engine.focus import FocusParams
    from focusmesh.interface.server.process import NodeKeys

SERVER = "Server"

OptionalGraph = Annotated[
    str | None,
    typer.Argument(
        metavar="GRAPH",
        help="A .focusmesh file, a file to import, a folder, or a ledger's DIR.",
        show_default=False,
    ),
]
Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        rich_help_panel=SERVER,
        help="A TOML file of settings; else FOCUSMESH_CONFIG names it. `focusmesh config show` lists them.",
    ),
]
Host = Annotated[
    str | None,
    typer.Option(
        "--host",
        metavar="ADDRESS",
        rich_help_panel=SERVER,
        help="Where to listen (127.0.0.1: only this machine).",
    ),
]
Port = Annotated[
    int | None,
    typer.Option(
        "--port", "-p", metavar="N", min=0, max=65_535, rich_help_panel=SERVER, help="Port (8420)."
    ),
]
GrpcPort = Annotated[
    int | None,
    typer.Option(
        "--grpc-port",
        metavar="N",
        min=0,
        max=65_535,
        rich_help_panel=SERVER,
        help="Answer gRPC as well, at this port.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        min=1,
        rich_help_panel=SERVER,
        help="Number of processes that answer (1).",
    ),
]
KeysFile = Annotated[
    str | None,
    typer.Option(
        "--api-keys",
        metavar="FILE",
        rich_help_panel=SERVER,
        help="Answer only requests with an API key of this file; `focusmesh config key` makes keys.",
    ),
]
MakeBlocks = Annotated[
    bool,
    typer.Option(
        "--node",
        rich_help_panel=SERVER,
        help="Make the ledger's blocks as well, as `focusmesh node start` does.",
    ),
]
TakeWrites = Annotated[
    bool,
    typer.Option(
        "--writes",
        rich_help_panel=SERVER,
        help="Accept signals even if the node beside this server votes; better send them to a follower.",
    ),
]
NewLedger = Annotated[
    bool,
    typer.Option(
        "--new",
        rich_help_panel=SERVER,
        help="Create the ledger GRAPH and a key first, if they are missing; implies --node.",
    ),
]
GridStore = Annotated[
    str | None,
    typer.Option(
        "--grid",
        metavar="DIR",
        rich_help_panel=SERVER,
        help="Serve a grid as well, which this process keeps meanwhile.",
    ),
]
Follow = Annotated[
    bool,
    typer.Option(
        "--follow",
        rich_help_panel=SERVER,
        help="Only read the grid, which another process keeps, and hear of its changes.",
    ),
]
ReceiptsKey = Annotated[
    str | None,
    typer.Option(
        "--receipts-key",
        metavar="NAME",
        rich_help_panel=SERVER,
        help="The key that signs receipts; without one, none are given.",
    ),
]
WaitFor = Annotated[
    str | None,
    typer.Option(
        "--wait",
        metavar="URL",
        rich_help_panel=SERVER,
        help="Serve nothing: wait up to half a minute until the server at URL is healthy.",
    ),
]
_WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Serving:
    """How the server is run, where that is said in options."""

    config: Config = None
    host: Host = None
    port: Port = None
    grpc_port: GrpcPort = None
    workers: Workers = None
    api_keys: KeysFile = None
    node: MakeBlocks = False
    new: NewLedger = False
    writes: TakeWrites = False
    receipts_key: ReceiptsKey = None
    grid: GridStore = None
    follow: Follow = False

    def settings(self, unlocking: Unlocking, operator: Operator) -> Settings:
        """All settings, these options before all else. Raises ParameterError, FileError."""
        params, plain = operator.params(), Operator().params()
        said = {
            f"operator.{name}": value
            for name, value in asdict(params).items()
            if value != getattr(plain, name)
        }
        if operator.tolerance != Operator().tolerance:
            said["operator.tolerance"] = operator.tolerance
        return Settings.read(
            self.config,
            os.environ,
            said
            | {
                "serve.host": self.host,
                "serve.port": self.port,
                "grpc.port": self.grpc_port,
                "serve.workers": self.workers,
                "serve.node": self.node or self.new or None,
                "serve.writes": self.writes or None,
                "access.keys": self.api_keys,
                "receipts.key": self.receipts_key,
                "grid.store": self.grid,
                "grid.follow": self.follow or None,
                "receipts.keys": unlocking.keys,
                "receipts.passphrase_file": unlocking.passphrase_file,
            },
        )


@command
def serve(
    serving: Serving,
    reading: Reading,
    operator: Operator,
    unlocking: Unlocking,
    output: Output,
    graph: OptionalGraph = None,
    wait: WaitFor = None,
) -> None:
    """Serve GRAPH over HTTP and gRPC, with the explorer.

    It serves until it is interrupted.
    """
    from focusmesh.interface.server.process import Served, wait_for
    from focusmesh.interface.server.process import serve as serve_it

    screen = Screen(output)
    if wait is not None:
        found = wait_for(wait, _WAIT_SECONDS)
        screen.lines([f"{wait} is well: root {str(found['root'])[:16]}…"])
        if screen.as_json:
            screen.document(found)
        return
    if graph is None:
        raise ParameterError("say what to serve: a graph file, or a ledger's folder")
    if is_imported(graph, reading):
        show_preview(graph, reading, screen)
    settings = serving.settings(unlocking, operator)
    params, phrases = params_of(settings), Phrases(settings)
    if serving.new:
        settings = begin_ledger(graph, settings, params, phrases, screen)
    served = Served(
        path=graph,
        settings=settings,
        params=params,
        reading=reading.arguments(),
        receipts_key=receipts_key(settings, phrases),
    )
    node = block_maker(graph, phrases) if settings.serve.node else None
    serve_it(served, screen.narrate, node)
    screen.narrate("ended")


def params_of(settings: Settings) -> FocusParams:
    """The operator of a graph file, verified."""
    from focusmesh.engine.focus import FocusParams

    values: dict[str, Any] = asdict(settings.operator)
    del values["tolerance"]
    params = FocusParams(**values)
    params.verify()
    return params


def receipts_key(settings: Settings, phrases: Phrases) -> tuple[str | None, str, str] | None:
    """The keystore, the name and the passphrase of the key that signs receipts; None where there is none."""
    if not settings.receipts.key:
        return None
    store = phrases.store()
    name = store.find(settings.receipts.key).name
    store.unlock(name, phrases(name))
    return settings.receipts.keys or None, name, phrases(name)


def block_maker(ledger: str, phrases: Phrases) -> NodeKeys:
    """The keys that make the blocks of ``ledger``, opened; raises what keeps them from being."""
    from focusmesh.host.keys import Keyring
    from focusmesh.interface.cli.shared.ledger_options import open_ledger
    from focusmesh.interface.server.process import NodeKeys

    keyring = Keyring(phrases.store(), None, phrases)
    with open_ledger(ledger) as shared:
        keyring.proposer(shared.reading().proposers)
    return NodeKeys(keyring)
