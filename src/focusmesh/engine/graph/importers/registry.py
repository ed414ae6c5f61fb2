"""Which importer reads which file: each module of ``formats`` brings one, FORMATS lists them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from focusmesh.errors import UnsupportedFormatError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from focusmesh.engine.graph.importers.reading import Reading
    from focusmesh.engine.graph.links import LinkColumns

COMPRESSIONS = (".gz", ".zst")


@dataclass(frozen=True, slots=True)
class Importer:
    """One format: its name, the suffixes that mean it, one line about it, and what reads it.

    ``read(path, reading)`` returns the links and counts lines and bad lines in ``reading``. ``compressed`` says that
    the file may also end in .gz or .zst, ``directory`` that a directory is meant.
    """

    name: str
    suffixes: tuple[str, ...]
    summary: str
    read: Callable[[Path, Reading], LinkColumns]
    compressed: bool = True
    directory: bool = False


FORMATS = (
    "focusmesh.engine.graph.importers.formats.columnar",
    "focusmesh.engine.graph.importers.formats.delimited",
    "focusmesh.engine.graph.importers.formats.edge_list",
    "focusmesh.engine.graph.importers.formats.json_lines",
    "focusmesh.engine.graph.importers.formats.n_quads",
    "focusmesh.engine.graph.importers.formats.n_triples",
    "focusmesh.engine.graph.importers.formats.python_tree",
)
"""Modules that define IMPORTER; each is imported when an importer is first looked for."""


@cache
def importers() -> dict[str, Importer]:
    """Every importer by its name. Importing a format loads nothing heavy."""
    found = [importlib.import_module(module).IMPORTER for module in FORMATS]
    return {importer.name: importer for importer in found}


def importer_of(path: Path, name: str | None = None) -> Importer:
    """The importer called ``name``, or the one for the suffix of ``path`` (after .gz or .zst).

    Raises UnsupportedFormatError, which lists what there is.
    """
    if name is not None:
        if name not in importers():
            raise UnsupportedFormatError(f"no import format is called {name!r}; {_known()}")
        return importers()[name]
    if path.is_dir():
        return next(importer for importer in importers().values() if importer.directory)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    compressed = bool(suffixes) and suffixes[-1] in COMPRESSIONS
    suffix = (suffixes[:-1] if compressed else suffixes)[-1:]
    for importer in importers().values():
        if suffix and suffix[0] in importer.suffixes and (importer.compressed or not compressed):
            return importer
    raise UnsupportedFormatError(
        f"{path}: no import format for {''.join(suffixes[-2:]) or 'a name without suffix'!r}; "
        f"say format=..., or use one of: {_known()}"
    )


def _known() -> str:
    return "; ".join(
        f"{importer.name} ({'directory' if importer.directory else ' '.join(importer.suffixes)})"
        for importer in importers().values()
    )
