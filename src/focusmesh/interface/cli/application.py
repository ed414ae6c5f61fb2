"""The program ``focusmesh``: its commands, what all of them share, and its entry point."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from focusmesh import __version__
from focusmesh.interface.cli import (
    availability,
    availability_proof,
    backup,
    bonds,
    chain,
    clustering,
    config,
    fraud,
    grid,
    grid_asking,
    grid_demo,
    grid_keeping,
    grid_letters,
    grid_serving,
    grid_voting,
    key_copies,
    key_requests,
    key_rotation,
    key_shares,
    keys,
    light,
    link_programs,
    localnet,
    network,
    node,
    pins,
    query,
    rewriting,
    state,
    tx,
)
from focusmesh.interface.cli.asking import ask
from focusmesh.interface.cli.certifying import certify
from focusmesh.interface.cli.compiling import compile_
from focusmesh.interface.cli.context import context
from focusmesh.interface.cli.demo import demo
from focusmesh.interface.cli.diff import diff
from focusmesh.interface.cli.evaluating import eval_
from focusmesh.interface.cli.explain import explain
from focusmesh.interface.cli.export import export
from focusmesh.interface.cli.failures import ExitCode, message_of, silence_stdout, tell
from focusmesh.interface.cli.forget import forget
from focusmesh.interface.cli.importing import import_
from focusmesh.interface.cli.info import info
from focusmesh.interface.cli.mcp import mcp
from focusmesh.interface.cli.monitor import monitor
from focusmesh.interface.cli.planning import plan
from focusmesh.interface.cli.plot import plot
from focusmesh.interface.cli.rank import rank
from focusmesh.interface.cli.recalling import recall
from focusmesh.interface.cli.serve import serve
from focusmesh.interface.cli.tuning import tune
from focusmesh.interface.cli.upgrading import upgrade
from focusmesh.interface.cli.verify import verify
from focusmesh.interface.cli.walk import walk
from focusmesh.interface.cli.world import world

application = typer.Typer(
    name="focusmesh",
    help="A knowledge graph that ranks itself: what matters in a pile of links, each score with its bound.",
    epilog="Data goes to standard output, narration to standard error. Exit codes: 0 done, 2 wrong options, "
    "3 wrong data, 4 file trouble, 5 an extra is missing, 6 no convergence or no fuel left, "
    "7 certificate or receipt refused.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for name, function in (
    ("rank", rank),
    ("context", context),
    ("explain", explain),
    ("walk", walk),
    ("recall", recall),
    ("ask", ask),
    ("eval", eval_),
    ("diff", diff),
    ("plot", plot),
    ("plan", plan),
    ("info", info),
    ("import", import_),
    ("export", export),
    ("certify", certify),
    ("verify", verify),
    ("forget", forget),
    ("compile", compile_),
    ("tune", tune),
    ("serve", serve),
    ("mcp", mcp),
    ("monitor", monitor),
    ("demo", demo),
    ("world", world),
):
    application.command(name)(function)

for group, words, members in (
    (
        "keys",
        "The keys that sign: each in a file of its own, sealed with a passphrase.",
        (
            ("new", keys.new),
            ("list", keys.list_),
            ("show", keys.show),
            ("passphrase", keys.passphrase),
            ("export", key_copies.export),
            ("import", key_copies.import_),
            ("share", key_shares.share),
            ("recover", key_shares.recover),
            ("rotate", key_rotation.rotate),
            ("sign", key_requests.sign_request),
        ),
    ),
    (
        "node",
        "A ledger: one folder with its blocks, and the process that makes them.",
        (
            ("init", node.init),
            ("start", node.start),
            ("status", node.status),
            ("join", network.join),
            ("peers", network.peers),
            ("voters", network.voters),
            ("address", network.address),
            ("upgrade", upgrade),
            ("backup", backup.backup),
            ("restore", backup.restore),
        ),
    ),
    (
        "tx",
        "Signed signals: each changes a ledger as a whole or not at all.",
        (
            ("link", tx.link),
            ("link-program", link_programs.link_program),
            ("unlink", tx.unlink),
            ("transfer", tx.transfer),
            ("stake", tx.stake),
            ("unstake", tx.unstake),
            ("bond", bonds.bond),
            ("unbond", bonds.unbond),
            ("withdraw", bonds.withdraw),
            ("accuse", bonds.accuse),
            ("mint", tx.mint),
            ("burn", tx.burn),
            ("put", tx.put),
            ("property", tx.property_),
            ("forget", forget),
            ("rotate", tx.rotate),
        ),
    ),
    (
        "light",
        "A light client: what is final by certificates, for whoever holds no ledger.",
        (
            ("init", light.init),
            ("follow", light.follow),
            ("status", light.status),
            ("verify", light.verify),
        ),
    ),
    (
        "fraud",
        "Blocks whose focus is proved to be wrong, to whoever has headers alone.",
        (
            ("show", fraud.show),
            ("verify", fraud.verify),
        ),
    ),
    (
        "availability",
        "Is a block's data there? Samples, repair and proofs, without trust in who has it.",
        (
            ("sample", availability.sample),
            ("repair", availability.repair),
            ("prove", availability_proof.prove),
        ),
    ),
    (
        "pin",
        "Tokens for keeping the data of blocks: offers, keepers, proofs of possession.",
        (
            ("offer", pins.offer),
            ("list", pins.list_),
            ("take", pins.take),
            ("prove", pins.prove),
            ("keep", pins.keep),
            ("close", pins.close),
        ),
    ),
    (
        "query",
        "Answers of a ledger, as of any block that it keeps, with receipts.",
        (
            ("rank", query.rank),
            ("link", query.link),
            ("context", query.context),
            ("account", query.account),
        ),
    ),
    (
        "chain",
        "The blocks of a ledger.",
        (
            ("header", chain.header),
            ("verify", chain.verify),
            ("export", chain.export),
            ("import", chain.import_),
        ),
    ),
    (
        "localnet",
        "A network of real processes on this machine, to try things with and to break.",
        (
            ("up", localnet.up),
            ("down", localnet.down),
            ("status", localnet.status),
            ("perturb", localnet.perturb),
        ),
    ),
    (
        "cluster",
        "Graphs past one machine: cut into parts, one a worker.",
        (("partition", clustering.partition), ("verify", clustering.verify)),
    ),
    (
        "config",
        "What a server is told, and who may ask it.",
        (("show", config.show), ("key", config.key)),
    ),
    (
        "grid",
        "A sparse array of blocks, and cubes of tiny models in it.",
        (
            ("demo", grid_demo.demo),
            ("create", grid.create),
            ("train", grid.train),
            ("model", grid.model),
            ("template", grid.template),
            ("instance", grid.instance),
            ("connect", grid.connect),
            ("remove", grid.remove),
            ("status", grid_asking.status),
            ("list", grid_asking.list_),
            ("value", grid_asking.value),
            ("process", grid_asking.process),
            ("think", grid_asking.think),
            ("cascade", grid_asking.cascade),
            ("send", grid_asking.send),
            ("keys", grid_letters.keys),
            ("letter", grid_letters.letter),
            ("receive", grid_letters.receive),
            ("execute", grid_asking.execute),
            ("interlock", grid_asking.interlock),
            ("history", grid_voting.history),
            ("check", grid_keeping.check),
            ("prove", grid_keeping.prove),
            ("proof", grid_keeping.proof),
            ("prune", grid_keeping.prune),
            ("publish", grid_keeping.publish),
            ("vote", grid_voting.vote),
            ("verify", grid_voting.verify),
            ("serve", grid_serving.serve),
        ),
    ),
    ("state", "The state that blocks lead to.", (("diff", state.diff),)),
    (
        "rewrite",
        "Programs of the interaction calculus: one term can stand for many values.",
        (
            ("run", rewriting.run),
            ("norm", rewriting.norm),
            ("collapse", rewriting.collapse),
            ("links", link_programs.links),
            ("bench", rewriting.bench),
        ),
    ),
):
    part = typer.Typer(name=group, help=words, no_args_is_help=True)
    for name, function in members:
        part.command(name)(function)
    application.add_typer(part)


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"focusmesh {__version__}\n")
        raise typer.Exit


@application.callback()
def common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """A knowledge graph that ranks itself: what matters in a pile of links, each score with its bound."""


def main() -> None:
    """Entry point of the program: never returns, always an exit code of ``ExitCode``."""
    _prepare_streams()
    try:
        try:
            application(prog_name="focusmesh")
        finally:
            # Help and version end without a command, whose end would have done it.
            sys.stdout.flush()
    except KeyboardInterrupt:
        tell("interrupted")
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        silence_stdout()
        sys.exit(ExitCode.PIPE_CLOSED)
    except OSError as error:
        tell(message_of(error))
        silence_stdout()
        sys.exit(ExitCode.FILE)


def _prepare_streams() -> None:
    """A closed stream becomes the null device; a character that a terminal cannot show ends nothing."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  (kept to the end)
            setattr(sys, name, nowhere)
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
