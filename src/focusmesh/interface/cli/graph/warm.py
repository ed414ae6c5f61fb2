"""``focusmesh warm``: compiles ahead what the first ranking of a large graph would wait for."""

from __future__ import annotations

from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen


@command
def warm(output: Output) -> None:
    """Compile ahead what rankings of large graphs wait for."""
    from focusmesh.engine.graph import warm as compile_ahead

    screen = Screen(output)
    with screen.progress() as progress:
        report = compile_ahead(progress)
    if screen.as_json:
        screen.document({"compiled": report.compiled, "seconds": round(report.seconds, 3)})
    elif report.compiled:
        screen.lines([f"{report.compiled} kernels compiled and kept, in {report.seconds:.0f} s"])
    else:
        screen.lines(["nothing to compile: all kernels are kept from before"])
