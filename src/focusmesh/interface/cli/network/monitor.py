"""``focusmesh monitor``: are the states of these nodes what their leaves make them, and the same?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from focusmesh.errors import BlockError, FileError, ParameterError
from focusmesh.interface.cli.network.availability import ApiKey  # noqa: TC001  (read by typer)
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.output_files import whole_file
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, count_of, size_text

if TYPE_CHECKING:
    from focusmesh.host.monitor import Look, NodeLook, Watch

Urls = Annotated[
    list[str],
    typer.Argument(metavar="URL…", help="Addresses of servers of one network.", show_default=False),
]
Once = Annotated[bool, typer.Option("--once", help="Check once and exit.")]
Every = Annotated[
    float,
    typer.Option("--every", metavar="SECONDS", min=0.0, help="Least time between checks (60)."),
]
At = Annotated[
    int | None,
    typer.Option(
        "--at", metavar="HEIGHT", min=0, help="Rebuild the state after this block (last)."
    ),
]
Metrics = Annotated[
    str | None,
    typer.Option(
        "--metrics", metavar="FILE", help="Write what was found to this file, for Prometheus."
    ),
]


@command
def monitor(
    urls: Urls,
    output: Output,
    once: Once = False,
    every: Every = 60.0,
    at: At = None,
    metrics: Metrics = None,
    api_key: ApiKey = None,
) -> None:
    """Rebuild and compare the states of nodes that you do not trust.

    States and focus are rebuilt from what nodes serve, and compared with their headers and with each other. It goes
    on until interrupted; --once checks once. The exit code is 7 where something differs, 4 where a node does not
    answer.
    """
    from focusmesh.host.monitor import NodeApi, Watch, looks

    if len(set(urls)) != len(urls):
        raise ParameterError("a node is named twice")
    screen = Screen(output)
    watch = Watch([NodeApi(url, api_key) for url in urls])
    path = None if metrics is None else Path(metrics)
    try:
        with screen.progress() as progress:
            for look in looks(watch, every, at, progress):
                _show(look, screen)
                if path is not None:
                    _keep(path, look, watch)
                if once:
                    break
    except KeyboardInterrupt:
        if not (watch.differences or watch.silences):
            raise
    _judge(watch, look)


def _judge(watch: Watch, look: Look) -> None:
    """Raises where anything ever differed, or a node did not answer."""
    bad = [node for node in look.nodes if not node.holds]
    first = f": {bad[0].url}: {bad[0].differs}" if bad else ""
    if watch.differences:
        raise BlockError("difference", f"{count_of(watch.differences, 'difference')}{first}")
    if watch.silences:
        raise FileError(f"a node did not answer{first}")


def _show(look: Look, screen: Screen) -> None:
    if screen.as_json:
        screen.document(msgspec.to_builtins(look))
        return
    columns = [
        Column("node", style="bold"),
        Column("last", right=True),
        Column("rebuilt", right=True),
        Column("root"),
        Column("particles", right=True),
        Column("axons", right=True),
        Column("focus off by", right=True),
        Column("pages", right=True),
        Column("took", right=True),
        Column("", style="bold"),
    ]
    screen.table(columns, [_row(node) for node in look.nodes])
    if look.holds:
        heights = f"{count_of(look.compared, 'block')} compared"
        screen.narrate(f"{heights}; every state and focus is what its leaves make it")


def _row(node: NodeLook) -> list[str]:
    tip = "-" if node.tip is None else f"{node.tip:,}"
    if not node.holds:
        words = "does not answer" if node.holds is None else "DIFFERS"
        return [node.url, tip, *["-"] * 7, f"{words}: {node.differs}"]
    return [
        node.url,
        tip,
        f"{node.height:,}",
        (node.root or "")[:16],
        f"{node.particles:,}",
        f"{node.axons:,}",
        f"{node.off:.1e} ≤ {node.bound:.1e}",
        f"{node.pages:,} ({size_text(node.bytes)})",
        f"{node.seconds:.1f} s",
        "holds",
    ]


def _keep(path: Path, look: Look, watch: Watch) -> None:
    from focusmesh.host.monitor import metrics_text

    with whole_file(path) as beside:
        beside.write_text(metrics_text(look, watch), encoding="utf-8")
