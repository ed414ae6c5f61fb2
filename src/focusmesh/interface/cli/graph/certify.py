"""``focusmesh certify``: a focus as integers that a stranger can check bit by bit."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import ParameterError
from focusmesh.interface.cli.shared.graph_input import read_graph
from focusmesh.interface.cli.shared.options import (
    Backend,
    Epsilon,
    Force,
    GraphArgument,
    OperatorOnly,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.shared.output_files import verify_output
from focusmesh.interface.cli.shared.results import sizes_text
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column

if TYPE_CHECKING:
    from focusmesh.engine.focus import Certificate, Sharded, Verified
    from focusmesh.engine.graph import Graph

Destination = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where to write, such as FILE.certificate.",
        show_default=False,
    ),
]
WeightUnit = Annotated[
    float | None,
    typer.Option(
        "--weight-unit",
        metavar="X",
        help="What one unit of weight is, where weights are not integers.",
    ),
]

Shards = Annotated[
    int | None,
    typer.Option(
        "--shards",
        metavar="N",
        min=1,
        help="Work in integers from the start, by N shards: any N gives the same bits.",
    ),
]


@command
def certify(
    graph: GraphArgument,
    destination: Destination,
    reading: Reading,
    operator: OperatorOnly,
    output: Output,
    weight_unit: WeightUnit = None,
    epsilon: Epsilon = 1e-8,
    force: Force = False,
    backend: Backend = "auto",
    shards: Shards = None,
) -> None:
    """Write the focus of GRAPH as a certificate.

    Anyone who has the graph can verify it.
    """
    from focusmesh.engine.focus import certify as make
    from focusmesh.engine.focus import certify_by_shards
    from focusmesh.engine.focus import verify as check

    screen, params = Screen(output), operator.params()
    verify_shards(shards, backend)
    path = verify_output(destination, force=force)
    loaded = read_graph(graph, reading, screen)
    wanted: dict[str, Any] = {"params": params, "weight_unit": weight_unit, "epsilon": epsilon}
    with screen.progress() as progress:
        by_shards = None
        if shards is None:
            certificate = make(loaded, backend=backend, progress=progress, **wanted)
        else:
            by_shards = certify_by_shards(loaded, shards, progress=progress, **wanted)
            certificate = by_shards.certificate
        verified = check(loaded, certificate, epsilon=epsilon, backend=backend, progress=progress)
    certificate.save(path)
    if screen.as_json:
        document = certificate_document(loaded, certificate, verified)
        screen.document({"output": destination} | document | shards_document(by_shards))
    elif by_shards is not None:
        shards_table(by_shards, screen)
    screen.narrate(f"{path}: {path.stat().st_size:,} bytes · {facts(loaded, verified)}")


def verify_shards(shards: int | None, backend: str) -> None:
    """Raises ParameterError for shards on a card: theirs is the host."""
    if shards is not None and backend not in ("auto", "cpu"):
        raise ParameterError(f"--shards works on the processor; leave out --backend {backend}")


def shards_document(found: Sharded | None) -> dict[str, Any]:
    """What shards saw on the way; nothing where there were none."""
    if found is None:
        return {}
    return {
        "sweeps": found.sweeps,
        "spectral_gap": found.spectral_gap,
        "bytes_per_sweep": found.bytes_per_sweep,
        "shards": [asdict(shard) for shard in found.shards],
    }


def shards_table(found: Sharded, screen: Screen) -> None:
    """One line a shard, and what crossed between them."""
    titles = ("shard", "particles", "links", "crossing", "focus", "gap")
    rows = [
        (
            *(f"{at}", f"{shard.particles:,}", f"{shard.links:,}", f"{shard.crossing:,}"),
            *(f"{shard.mass:.4f}", f"{shard.spectral_gap:.3f}"),
        )
        for at, shard in enumerate(found.shards)
    ]
    screen.table([Column(title, right=True) for title in titles], rows)
    screen.narrate(
        f"{found.sweeps} sweeps · spectral gap {found.spectral_gap:.3f} · "
        f"{found.bytes_per_sweep:,} bytes between shards a sweep"
    )


def certificate_document(
    graph: Graph, certificate: Certificate, verified: Verified
) -> dict[str, Any]:
    """What a certificate says and how well it holds."""
    params = certificate.params
    return {
        "params": {
            "alpha": params.alpha,
            "diffusion": params.diffusion,
            "series": list(params.series),
        },
        "weight_unit": certificate.weight_unit,
        "particles": graph.particle_count,
        "links": graph.link_count,
        "residual": verified.residual,
        "bound": verified.bound,
        "seconds": verified.seconds,
    }


def facts(graph: Graph, verified: Verified) -> str:
    """The sizes, the residual in integers and what follows from it."""
    return (
        f"{sizes_text(graph)} · residual {verified.residual:.1e} · bound {verified.bound:.1e} · "
        f"checked in {verified.seconds:.2f} s"
    )
