"""``focusmesh serve``: a graph or a ledger for other programs and for browsers, over HTTP."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import ParameterError
from focusmesh.interface.cli.beginning import Phrases, begun
from focusmesh.interface.cli.ledger_options import Unlocking  # noqa: TC001  (read by typer)
from focusmesh.interface.cli.options import Operator, Output, Reading, command
from focusmesh.interface.cli.screen import Screen
from focusmesh.interface.settings import Settings

if TYPE_CHECKING:
    from focusmesh.engine.focus import FocusParams
    from focusmesh.interface.http import NodeKeys

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
        help="Where to listen (127.0.0.1: this machine alone).",
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
        "--workers", metavar="N", min=1, rich_help_panel=SERVER, help="Processes that answer (1)."
    ),
]
KeysFile = Annotated[
    str | None,
    typer.Option(
        "--api-keys",
        metavar="FILE",
        rich_help_panel=SERVER,
        help="Answer only who has a key of this file; `focusmesh config key` makes them.",
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
NewLedger = Annotated[
    bool,
    typer.Option(
        "--new",
        rich_help_panel=SERVER,
        help="Make a ledger at GRAPH first, where there is none, and a key, where you have none; implies --node.",
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
        help="Serve nothing: wait until the server at URL is well, half a minute long.",
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
    """Serve GRAPH over HTTP (and gRPC), to other programs and to the explorer in a browser, until interrupted."""
    from focusmesh.interface.http import Served, wait_for
    from focusmesh.interface.http import serve as serve_it

    screen = Screen(output)
    if wait is not None:
        found = wait_for(wait, _WAIT_SECONDS)
        screen.lines([f"{wait} is well: root {str(found['root'])[:16]}…"])
        if screen.as_json:
            screen.document(found)
        return
    if graph is None:
        raise ParameterError("say what to serve: a graph file, or a ledger's folder")
    settings = serving.settings(unlocking, operator)
    params, phrases = params_of(settings), Phrases(settings)
    if serving.new:
        settings = begun(graph, settings, params, phrases, screen)
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
    from focusmesh.interface.cli.ledger_options import opened
    from focusmesh.interface.http import NodeKeys
    from focusmesh.interface.keyring import Keyring

    keyring = Keyring(phrases.store(), None, phrases)
    with opened(ledger) as shared:
        keyring.proposer(shared.reading().proposers)
    return NodeKeys(keyring)
