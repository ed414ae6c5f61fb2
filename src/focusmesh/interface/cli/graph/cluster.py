"""``focusmesh cluster``: tables become a folder of parts, and whether such a folder is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import DamagedFileError
from focusmesh.interface.cli.shared.graph_input import tell_bad_lines
from focusmesh.interface.cli.shared.options import Columns, Output, Reading, Strict, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, count_of, size_text

if TYPE_CHECKING:
    from focusmesh.engine.cluster import Manifest
    from focusmesh.host.cluster import Partitioned

Tables = Annotated[
    list[str],
    typer.Argument(
        metavar="TABLE...",
        help="Parquet files, folders of them or globs, also s3://, gs://, …; or one .focusmesh file.",
        show_default=False,
    ),
]
FolderOption = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="The folder of parts; all workers see it under this path.",
        show_default=False,
    ),
]
Parts = Annotated[
    int,
    typer.Option(
        "--parts",
        "-p",
        metavar="N",
        min=1,
        help="Number of parts, which is also the largest number of workers.",
    ),
]
FolderArgument = Annotated[
    str, typer.Argument(metavar="DIR", help="A folder of parts.", show_default=False)
]
Address = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="The Ray cluster to use: its address, auto, or here for this process without Ray "
        "(one of this machine).",
        show_default=False,
    ),
]
Storage = Annotated[
    list[str] | None,
    typer.Option(
        "--storage",
        metavar="NAME=VALUE",
        help="An option for the file system of the tables, such as anon=true; may be repeated.",
    ),
]
NoAlign = Annotated[
    bool,
    typer.Option(
        "--anywhere",
        help="Let parts begin anywhere: better balanced, but no longer with the bits of one machine.",
    ),
]


@command
def partition(
    tables: Tables,
    folder: FolderOption,
    output: Output,
    parts: Parts = 2,
    address: Address = None,
    columns: Columns = None,
    strict: Strict = False,
    storage: Storage = None,
    anywhere: NoAlign = False,
) -> None:
    """Cut the links of TABLES into parts for the workers of a cluster.

    Started again, it continues where it was.
    """
    from focusmesh.host.cluster import partition_graph

    screen = Screen(output)
    options = {name: _plain(value) for name, value in _pairs(storage)}
    with screen.progress() as progress:
        made = partition_graph(
            tables,
            folder,
            parts,
            columns=Reading(columns=columns).column_names(),
            strict=strict,
            address=address,
            options=options,
            progress=progress,
            align=not anywhere,
        )
    if made.report is not None:
        tell_bad_lines(made.report, ", ".join(tables), screen)
    _tell(made.manifest, screen, _outcome(made))
    screen.narrate(
        f"{folder}: {count_of(made.pieces, 'piece')} of work, {made.reused:,} of them there already · "
        f"{made.seconds:,.1f} s"
    )


@command
def verify(folder: FolderArgument, output: Output) -> None:
    """Read every part of DIR and name those missing or damaged.

    The exit code is 4 if any is.
    """
    from focusmesh.engine.cluster import open_manifest, verify_folder

    screen = Screen(output)
    manifest, faults = open_manifest(folder), verify_folder(folder)
    if screen.as_json or not faults:
        _tell(manifest, screen, {"faults": faults})
    if faults:
        raise DamagedFileError("\n".join(faults))
    screen.narrate(f"{folder}: {count_of(manifest.count, 'part')}, all as they were written")


def _tell(manifest: Manifest, screen: Screen, more: dict[str, Any]) -> None:
    """The parts, one a line."""
    whole = manifest.whole
    bounds = list(whole.bounds)
    listed = [
        {
            "name": file.name,
            "bytes": file.size,
            "digest": file.digest.hex(),
            "particles": bounds[at + 1] - bounds[at],
            "links_in": file.in_links,
            "links_out": file.out_links,
            "foreign": file.foreign,
            "sent": file.sent,
        }
        for at, file in enumerate(manifest.files)
    ]
    if screen.as_json:
        counts = {"particles": whole.particles, "links": whole.axons, "weights": manifest.weights}
        screen.document(counts | {"digest": manifest.digest.hex(), "parts": listed} | more)
        return
    titles = ("part", "particles", "links in", "links out", "reads", "sends", "size")
    names = ("particles", "links_in", "links_out", "foreign", "sent")
    rows = [
        (str(at), *(f"{each[name]:,}" for name in names), size_text(manifest.files[at].size))
        for at, each in enumerate(listed)
    ]
    screen.table([Column(title, right=True) for title in titles], rows)


def _outcome(made: Partitioned) -> dict[str, Any]:
    report = made.report
    return {
        "output": made.folder,
        "rows": None if report is None else report.line_count,
        "bad_rows": 0 if report is None else report.bad_count,
        "pieces": made.pieces,
        "reused": made.reused,
        "seconds": made.seconds,
    }


def _pairs(storage: list[str] | None) -> list[tuple[str, str]]:
    pairs = [each.partition("=") for each in storage or ()]
    if not all(name and sign for name, sign, _ in pairs):
        raise typer.BadParameter("write --storage NAME=VALUE")
    return [(name, value) for name, _, value in pairs]


def _plain(value: str) -> Any:
    """true, false and whole numbers as what they are."""
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value.isdecimal() else value
