"""Which importer reads which file: each module of ``formats`` brings one, FORMATS lists them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from focusmesh.engine.graph.importers.folders import importer_of_folder
from focusmesh.errors import UnsupportedFormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from focusmesh.engine.graph.importers.reading import Reading
    from focusmesh.engine.graph.links import LinkColumns

COMPRESSIONS = (".gz", ".zst")


@dataclass(frozen=True, slots=True)
class Importer:
    """One format: its name, the suffixes that mean it, one line about it, and what reads it.

    ``read(path, reading)`` returns the links and counts lines and bad lines in ``reading``. ``compressed`` says that
    the file may also end in .gz or .zst. ``names`` are whole names of files that mean it too, also after ``_``.
    ``directory`` says that a directory is meant: one with files of these suffixes, told from others (see
    importer_of_folder) by the ``names`` that lie in it. Of ``alone`` a single file of these suffixes is read as well.
    Files of the suffixes ``beside`` are read with the others, and speak for this importer only where nothing else does.
    ``shape`` looks into a file: one that its suffix means, but has another shape, is of another format.
    ``of_files``: what it refuses are files rather than lines of one.
    """

    name: str
    suffixes: tuple[str, ...]
    summary: str
    read: Callable[[Path, Reading], LinkColumns]
    compressed: bool = True
    directory: bool = False
    names: tuple[str, ...] = ()
    alone: bool = False
    beside: tuple[str, ...] = ()
    shape: Callable[[Path], bool] | None = None
    of_files: bool = False

    def means(self, name: str, compressed: bool) -> bool:
        """Whether a file called ``name`` (without .gz or .zst, which ``compressed`` tells) is of this format."""
        if (self.directory and not self.alone) or (compressed and not self.compressed):
            return False
        if self.directory:
            return PurePath(name).suffix.lower() in self.suffixes
        known = any(name == whole or name.endswith(f"_{whole}") for whole in self.names)
        return known or PurePath(name).suffix.lower() in self.suffixes


FORMATS = (
    "focusmesh.engine.graph.importers.formats.adjacency",
    "focusmesh.engine.graph.importers.formats.columnar",
    "focusmesh.engine.graph.importers.formats.debian",
    "focusmesh.engine.graph.importers.formats.delimited",
    "focusmesh.engine.graph.importers.formats.documents",
    "focusmesh.engine.graph.importers.formats.edge_list",
    "focusmesh.engine.graph.importers.formats.gexf",
    "focusmesh.engine.graph.importers.formats.gml",
    "focusmesh.engine.graph.importers.formats.graphml",
    "focusmesh.engine.graph.importers.formats.json_lines",
    "focusmesh.engine.graph.importers.formats.ldbc",
    "focusmesh.engine.graph.importers.formats.matrix_market",
    "focusmesh.engine.graph.importers.formats.memory",
    "focusmesh.engine.graph.importers.formats.metis",
    "focusmesh.engine.graph.importers.formats.n_quads",
    "focusmesh.engine.graph.importers.formats.n_triples",
    "focusmesh.engine.graph.importers.formats.notes",
    "focusmesh.engine.graph.importers.formats.python_tree",
    "focusmesh.engine.graph.importers.formats.wordnet",
)
"""Modules that define IMPORTER; each is imported when an importer is first looked for."""


@cache
def importers() -> dict[str, Importer]:
    """Every importer by its name. Importing a format loads nothing heavy."""
    found = [importlib.import_module(module).IMPORTER for module in FORMATS]
    return {importer.name: importer for importer in found}


def importer_of(path: Path, name: str | None = None, exclude: Sequence[str] = ()) -> Importer:
    """The importer called ``name``, or the one for the name of ``path`` (before .gz or .zst), or for what a folder has.

    Raises UnsupportedFormatError, which lists what there is.
    """
    if name is not None:
        if name not in importers():
            raise UnsupportedFormatError(f"no import format is called {name!r}; {_known()}")
        return importers()[name]
    if path.is_dir():
        of_folders = [importer for importer in importers().values() if importer.directory]
        return importer_of_folder(path, of_folders, exclude)
    compressed = path.suffix.lower() in COMPRESSIONS
    file_name = path.stem if compressed else path.name
    meant = [each for each in importers().values() if each.means(file_name, compressed)]
    shaped = [each for each in meant if each.shape is not None and each.shape(path)]
    for importer in (*shaped, *(each for each in meant if each.shape is None)):
        return importer
    shown = "".join(path.suffixes[-2:]) or "a name without suffix"
    raise UnsupportedFormatError(
        f"{path}: no import format for {shown!r}; say format=..., or use one of: {_known()}"
    )


def _known() -> str:
    return "; ".join(f"{importer.name} ({_meant(importer)})" for importer in importers().values())


def _meant(importer: Importer) -> str:
    suffixes = " ".join(importer.suffixes)
    if not importer.directory:
        return suffixes
    return f"directory, {suffixes}" if importer.alone else "directory"
