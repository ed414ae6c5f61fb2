"""``focusmesh localnet``: a network of real processes on this machine, to try things with and to break."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from focusmesh.errors import BlockError, ParameterError
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, count_of

if TYPE_CHECKING:
    from focusmesh.host.localnet import Agreement, DrillReport, NetFolder, NodeShown

NetDirectory = Annotated[
    str,
    typer.Option(
        "--dir",
        "-d",
        metavar="DIR",
        envvar="FOCUSMESH_LOCALNET",
        show_envvar=False,
        help="The network's folder (else FOCUSMESH_LOCALNET, else localnet).",
        show_default=False,
    ),
]
Nodes = Annotated[int, typer.Option("--nodes", "-n", metavar="N", min=1, help="How many nodes.")]
Links = Annotated[
    int, typer.Option("--links", metavar="N", min=1, help="Number of links at the start.")
]
AgreeBy = Annotated[
    str,
    typer.Option(
        "--agreement",
        metavar="NAME",
        help="How the nodes agree: quorum or snowman (all vote), solo (the first makes the blocks).",
    ),
]
BasePort = Annotated[
    int | None,
    typer.Option(
        "--base-port", metavar="N", help="Take the ports from N on, three a node (any free ones)."
    ),
]
Keep = Annotated[bool, typer.Option("--keep", help="Keep ledgers, keys and logs.")]
NodeName = Annotated[str, typer.Argument(metavar="NODE", help="node-2, or 2.", show_default=False)]
Fault = Annotated[
    str,
    typer.Argument(
        metavar="FAULT",
        help="kill, pause, resume, restart, disconnect, reconnect, skew, slow-disk, equivocate, withhold, "
        "lie, late-join, upgrade, undo.",
        show_default=False,
    ),
]
For = Annotated[
    float | None,
    typer.Option(
        "--for",
        metavar="SECONDS",
        min=0.0,
        help="Undo the fault after this time, and wait until then.",
    ),
]
By = Annotated[
    float | None,
    typer.Option("--by", metavar="SECONDS", help="How much: skew (5), slow-disk (0.2)."),
]
Old = Annotated[
    str,
    typer.Option(
        "--old",
        metavar="PATH",
        help="The old release: a folder of its sources, or a Python that has it.",
        show_default=False,
    ),
]
EpochBlocks = Annotated[
    int, typer.Option("--epoch-blocks", metavar="N", min=5, help="Blocks of an epoch.")
]
DEFAULT = "localnet"
UNDO = "undo"


@command
def up(
    output: Output,
    directory: NetDirectory = DEFAULT,
    nodes: Nodes = 4,
    agreement: AgreeBy = "quorum",
    links: Links = 100,
    base_port: BasePort = None,
) -> None:
    """Start a network of nodes on this machine and wait for blocks.

    If the network exists, it is repaired where needed.
    """
    from focusmesh.host.localnet import NetFolder, bring_up, node_statuses

    screen, folder = Screen(output), NetFolder(Path(directory).absolute())
    bring_up(folder, nodes, _agreement(agreement), links, base_port, screen.narrate)
    _show(folder, node_statuses(folder), screen)
    screen.narrate(
        f"keys: --keys {folder.keys} --key user --passphrase-file {folder.passphrase}; "
        f"`focusmesh localnet down` ends it"
    )


@command
def down(output: Output, directory: NetDirectory = DEFAULT, keep: Keep = False) -> None:
    """End every process of the network and delete its folder.

    This works whatever became of the process that started them.
    """
    from focusmesh.host.localnet import NetFolder, bring_down

    screen, folder = Screen(output), NetFolder.existing(directory)
    ended = bring_down(folder, keep=keep)
    if screen.as_json:
        screen.document({"path": directory, "ended": ended, "kept": keep})
    else:
        screen.lines([f"{directory}: ended {ended} process" + ("" if ended == 1 else "es")])


@command
def status(output: Output, directory: NetDirectory = DEFAULT) -> None:
    """Show process, height, epoch, round, peers and trouble of each node."""
    from focusmesh.host.localnet import NetFolder, node_statuses

    folder = NetFolder.existing(directory)
    _show(folder, node_statuses(folder), Screen(output))


@command
def perturb(
    node: NodeName,
    fault: Fault,
    output: Output,
    directory: NetDirectory = DEFAULT,
    seconds: For = None,
    by: By = None,
) -> None:
    """Kill a node, disconnect it, or shift its clock.

    `undo` ends everything that was done to it.
    """
    from focusmesh.host.localnet import NetFolder, node_statuses, undo
    from focusmesh.host.localnet import perturb as perturb_it

    screen, folder = Screen(output), NetFolder.existing(directory)
    if fault == UNDO:
        undo(folder, node)
    else:
        perturb_it(folder, node, fault, seconds, by)
    if seconds is not None:
        screen.narrate(f"{node}: {fault}, for {seconds:g} s")
        time.sleep(seconds + _SETTLED_SECONDS)
    _show(folder, node_statuses(folder), screen)


@command
def upgrade(
    old: Old,
    output: Output,
    directory: NetDirectory = DEFAULT,
    epoch_blocks: EpochBlocks = 20,
    keep: Keep = False,
) -> None:
    """Bring a network of an old release to this one, under load, and check what becomes of it.

    Four validators, a follower and a light client. The network is a new one, and goes when all is checked. The exit
    code is 7 if a check fails.
    """
    from focusmesh.host.localnet import NetFolder, UpgradeDrill, bring_down, old_release

    screen, folder = Screen(output), NetFolder(Path(directory).absolute())
    drill = UpgradeDrill(folder, old_release(old), screen.narrate, epoch_blocks=epoch_blocks)
    try:
        report = drill.run()
    finally:
        bring_down(folder, keep=keep)
    _show_report(report, screen)
    if report.failures:
        first = report.failures[0]
        raise BlockError(
            "difference",
            f"{count_of(len(report.failures), 'check')} failed; at {first.step}: {first.what}: {first.found}",
        )


def _show_report(report: DrillReport, screen: Screen) -> None:
    if screen.as_json:
        screen.document(msgspec.to_builtins(report))
        return
    screen.table(
        [Column("step"), Column("what"), Column(""), Column("found")],
        [[e.step, e.what, "holds" if e.holds else "FAILS", e.found] for e in report.checks],
    )
    screen.narrate(
        f"rules of version {report.old} to {report.new} in {report.height} blocks; {report.acknowledged} signals "
        f"acknowledged, {report.lost} lost; {count_of(report.kills, 'kill')}; {report.seconds:.0f} s"
    )


_SETTLED_SECONDS = 0.3
"""After a fault was to end, the supervisor has ended it."""


def _agreement(name: str) -> Agreement:
    for known in ("solo", "quorum", "snowman"):
        if name == known:
            return known
    raise ParameterError(f"--agreement {name[:40]!r}: networks agree by solo, quorum or snowman")


def _show(folder: NetFolder, nodes: list[NodeShown], screen: Screen) -> None:
    from focusmesh.host.localnet import supervisor_of

    plan, supervisor = folder.plan(), supervisor_of(folder)
    if screen.as_json:
        screen.document(
            {
                "path": str(folder.path),
                "network": plan.network,
                "agreement": plan.agreement,
                "supervisor": None if supervisor is None else supervisor.pid,
                "nodes": [msgspec.to_builtins(node) for node in nodes],
            }
        )
        return
    columns = [
        Column("node", style="bold"),
        Column("process", right=True),
        Column("state"),
        Column("height", right=True),
        Column("epoch", right=True),
        Column("round", right=True),
        Column("peers", right=True),
        Column("decided", right=True),
        Column("serves at"),
        Column("trouble"),
    ]
    screen.table(columns, [_row(node) for node in nodes])
    if supervisor is None:
        screen.narrate(
            "no supervisor runs: nodes do not reach each other; `focusmesh localnet up` begins one"
        )


def _row(node: NodeShown) -> list[str]:
    age = node.decided_seconds
    return [
        node.name,
        _text(node.pid),
        ", ".join([node.state, *node.faults]),
        _text(max((each for each in (node.height, node.served) if each is not None), default=None)),
        _text(node.epoch),
        _text(node.round),
        _text(node.peers),
        "-" if age is None else f"{age:.1f} s ago",
        node.url,
        node.trouble or "-",
    ]


def _text(value: Any) -> str:
    return "-" if value is None else f"{value}"
