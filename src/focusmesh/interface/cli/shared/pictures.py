"""Pictures as files: one figure, drawn by the engine, in the format that the suffix names."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from focusmesh.errors import MissingExtraError, UnsupportedFormatError
from focusmesh.interface.cli.shared.output_files import whole_file
from focusmesh.interface.cli.shared.results import sizes_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.axes import Axes

    from focusmesh.engine.focus import Focus
    from focusmesh.engine.graph import Graph

NET_SIZE, CURVE_SIZE = (10.0, 7.0), (7.0, 5.0)
_BAR_INCHES = 0.22
_SUFFIXES = (".png", ".svg", ".pdf")
_DOTS_PER_INCH = 120
_PAD_INCHES = 0.14


def verify_picture(path: Path) -> None:
    """Raises UnsupportedFormatError or MissingExtraError before any work is done for a picture."""
    if path.suffix.lower() not in _SUFFIXES:
        raise UnsupportedFormatError(f"{path}: a picture ends in {', '.join(_SUFFIXES)}")
    if not (find_spec("matplotlib") and find_spec("networkx")):
        raise MissingExtraError("plot", "a picture")


def write_picture(
    path: Path, draw: Callable[[Axes], object], size: tuple[float, float], caption: str = ""
) -> None:
    """Lets ``draw`` fill the axes of a new figure of ``size`` inches and writes it to ``path``.

    Needs no display: the figure has no window. The same graph gives the same bytes.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    suffix = path.suffix.lower().removeprefix(".")
    with mpl.rc_context({"svg.hashsalt": "focusmesh"}):
        figure = Figure(figsize=size, dpi=_DOTS_PER_INCH)
        figure.set_layout_engine("constrained", w_pad=_PAD_INCHES, h_pad=_PAD_INCHES)
        if caption:
            figure.supxlabel(
                caption, x=_PAD_INCHES / size[0], ha="left", fontsize=8, color="#7b8794"
            )
        draw(figure.subplots())
        metadata = (
            {"Date": None} if suffix == "svg" else {"CreationDate": None} if suffix == "pdf" else {}
        )
        with whole_file(path) as beside:
            figure.savefig(beside, format=suffix, metadata=metadata)


def bars_size(count: int) -> tuple[float, float]:
    """Inches for ``count`` bars with a name beside each."""
    return 7.0, 1.4 + _BAR_INCHES * count


def caption_of(graph: Graph, focus: Focus, discs: bool) -> str:
    """What a picture shows, and how far it can be trusted."""
    area = "area is focus, " if discs else ""
    return f"{sizes_text(graph)}; {area}L1 error at most {focus.bound:.1e}"
