"""``focusmesh mcp``: a graph file or a ledger as the memory of an agent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from focusmesh.errors import FileError, ParameterError
from focusmesh.host.keys import PASSPHRASE_VARIABLE
from focusmesh.host.storage import Folder
from focusmesh.interface.cli.shared.graph_input import SAVED_SUFFIX, is_saved, ledger_of, read_graph
from focusmesh.interface.cli.shared.ledger_options import Signing  # noqa: TC001  (read by typer)
from focusmesh.interface.cli.shared.options import Output, Reading, command
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from focusmesh.interface.mcp import Tools

Memory = Annotated[
    str | None,
    typer.Argument(
        metavar="[GRAPH]",
        help="A .focusmesh file, created at the first write if missing; or any other graph, which is only read.",
        show_default=False,
    ),
]
InLedger = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        "-l",
        metavar="DIR",
        help="Keep the memory in this ledger, each change a signed signal.",
        show_default=False,
    ),
]
BudgetTokens = Annotated[
    int,
    typer.Option(
        "--budget-tokens", metavar="N", min=1, help="Largest size of an answer, in tokens."
    ),
]
ReadOnly = Annotated[bool, typer.Option("--read-only", help="Offer no tool that changes anything.")]
Commands = Annotated[
    bool,
    typer.Option(
        "--commands",
        help="With --ledger: offer commands of applications too, each signed with the key.",
    ),
]
Http = Annotated[
    bool,
    typer.Option("--http", help="Serve streamable HTTP in place of standard input and output."),
]
Host = Annotated[str, typer.Option(metavar="ADDRESS", help="With --http: where to listen.")]
Port = Annotated[
    int,
    typer.Option(metavar="N", min=0, max=65_535, help="With --http: the port; 0 takes a free one."),
]


@command
def mcp(
    reading: Reading,
    signing: Signing,
    output: Output,
    graph: Memory = None,
    ledger: InLedger = None,
    budget_tokens: BudgetTokens = 20_000,
    read_only: ReadOnly = False,
    commands: Commands = False,
    http: Http = False,
    host: Host = "127.0.0.1",
    port: Port = 8_765,
) -> None:
    """Serve a graph or a ledger to agents as their memory (MCP).

    It has the tools of the reference memory server, and recall, explain and prove.
    """
    from focusmesh.interface.mcp import TOKEN_VARIABLE, made_server, serve_http, serve_stdio

    screen = Screen(output)
    if (graph is None) == (ledger is None):
        raise ParameterError("say where the memory is: GRAPH, a file, or --ledger DIR")
    if commands and (ledger is None or read_only):
        raise ParameterError("--commands needs --ledger DIR and does not go with --read-only")
    offers = _Offers(read_only, commands)
    tools = _tools(str(graph or ledger), reading, signing, screen, budget_tokens, offers)
    try:
        server = made_server(tools)
        tools.prepare()
        if http:
            token = os.environ.get(TOKEN_VARIABLE) or None
            serve_http(
                server,
                host,
                port,
                token,
                lambda url: screen.narrate(f"{url}: Ctrl-C or SIGTERM ends it"),
            )
        else:
            serve_stdio(server, tools.store.close)
    finally:
        tools.store.close()


class _Offers(NamedTuple):
    """Which tools are offered: none that change anything, or commands of applications too."""

    read_only: bool
    commands: bool


def _tools(
    where: str,
    reading: Reading,
    signing: Signing,
    screen: Screen,
    budget_tokens: int,
    offers: _Offers,
) -> Tools:
    """The tools over what is at ``where``: a ledger, a graph file, or anything else that can be read."""
    from focusmesh.interface.mcp import FileStore, GraphStore, Tools

    if reading.format is None and ledger_of(where) is not None:
        return _ledger_tools(where, signing, budget_tokens, offers)
    if is_saved(where, reading):
        if not Path(where).absolute().parent.is_dir():
            raise FileError(f"{where}: its folder is not there")
        file = FileStore(Path(where))
        return Tools(file, budget_tokens=budget_tokens, readonly=offers.read_only)
    why = f"{Path(where).name} is only read: `focusmesh import` it into a {SAVED_SUFFIX} file to change it"
    graph = read_graph(where, reading, screen)
    return Tools(GraphStore(graph, why), budget_tokens=budget_tokens, readonly=offers.read_only)


def _ledger_tools(where: str, signing: Signing, budget_tokens: int, offers: _Offers) -> Tools:
    """The tools over a ledger. The key is opened now: nobody could be asked for a passphrase later."""
    from focusmesh.host.ledger import OpenLedger
    from focusmesh.host.service import Service
    from focusmesh.interface.mcp import LedgerStore, Prover, Tools

    folder = Folder.existing(where)
    keyring = signing.keyring(signing.key)
    ledger = OpenLedger(folder, keyring, signing.tip)
    signs = not offers.read_only or bool(
        signing.passphrase_file or os.environ.get(PASSPHRASE_VARIABLE)
    )
    if signs:
        keyring.signer(ledger.chain.proposers)
    prover = Prover(Service.open(folder.path, keyring=keyring)) if signs else None
    store = LedgerStore(ledger)
    return Tools(store, prover, budget_tokens, readonly=offers.read_only, commands=offers.commands)
