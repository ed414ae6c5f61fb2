"""``focusmesh certify``: a focus as integers that a stranger can check bit by bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.interface.cli.options import (
    Backend,
    Epsilon,
    Force,
    GraphArgument,
    OperatorOnly,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.reading import read_graph
from focusmesh.interface.cli.results import sizes_text
from focusmesh.interface.cli.screen import Screen
from focusmesh.interface.cli.writing import verify_output

if TYPE_CHECKING:
    from focusmesh.engine.focus import Certificate, Verified
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
) -> None:
    """Write the focus of GRAPH as a certificate that anyone who has the graph can verify."""
    from focusmesh.engine.focus import certify as make
    from focusmesh.engine.focus import verify as check

    screen, params = Screen(output), operator.params()
    path = verify_output(destination, force=force)
    loaded = read_graph(graph, reading, screen)
    with screen.progress() as progress:
        certificate = make(
            loaded,
            params=params,
            weight_unit=weight_unit,
            epsilon=epsilon,
            backend=backend,
            progress=progress,
        )
        verified = check(loaded, certificate, epsilon=epsilon, backend=backend, progress=progress)
    certificate.save(path)
    if screen.as_json:
        document = certificate_document(loaded, certificate, verified)
        screen.document({"output": destination} | document)
    screen.narrate(f"{path}: {path.stat().st_size:,} bytes · {facts(loaded, verified)}")


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
