"""Which importer reads which file: each module of ``formats`` brings one, FORMATS lists them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from focusmesh.engine.importers.compression import inner_name
from focusmesh.engine.importers.file_looks import look_of
from focusmesh.engine.importers.folders import importer_of_folder
from focusmesh.engine.importers.import_run import Reading
from focusmesh.engine.importers.source import Source
from focusmesh.errors import FocusmeshError, InputError, UnsupportedFormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from focusmesh.engine.links import LinkColumns

_HEAD_BYTES = 1 << 12


@dataclass(frozen=True, slots=True)
class Importer:
    """One format: its name, the suffixes that mean it, one line about it, and what reads it.

    ``read(path, reading)`` returns the links and counts lines and bad lines in ``reading``. ``compressed`` says that
    the file may also be compressed and end so (.gz, .zst, .bz2, .xz, .zip). ``names`` are whole names of files that
    mean it too, also after ``_``.
    ``directory`` says that a directory is meant: one with files of these suffixes, told from others (see
    importer_of_folder) by the ``names`` that lie in it. Of ``alone`` a single file of these suffixes is read as well.
    Files of the suffixes ``beside`` are read with the others, and speak for this importer only where nothing else does.
    ``shape`` looks into a file: one that its suffix means, but has another shape, is of another format.
    ``of_files``: what it refuses are files rather than lines of one. ``has_labels``: particles have labels beside ids.
    ``has_tables``: a file holds several tables, of which one is read.
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
    has_labels: bool = False
    has_tables: bool = False

    def means(self, name: str, compressed: bool) -> bool:
        """Whether a file called ``name`` (without .gz or the like, which ``compressed`` tells) is of this format."""
        if (self.directory and not self.alone) or (compressed and not self.compressed):
            return False
        if self.directory:
            return PurePath(name).suffix.lower() in self.suffixes
        known = any(name == whole or name.endswith(f"_{whole}") for whole in self.names)
        return known or PurePath(name).suffix.lower() in self.suffixes


FORMATS = (
    "focusmesh.engine.importers.formats.adjacency",
    "focusmesh.engine.importers.formats.debian",
    "focusmesh.engine.importers.formats.delimited",
    "focusmesh.engine.importers.formats.documents",
    "focusmesh.engine.importers.formats.drawing_tools.cytoscape",
    "focusmesh.engine.importers.formats.drawing_tools.dot",
    "focusmesh.engine.importers.formats.drawing_tools.gexf",
    "focusmesh.engine.importers.formats.drawing_tools.gml",
    "focusmesh.engine.importers.formats.drawing_tools.graphml",
    "focusmesh.engine.importers.formats.drawing_tools.node_link",
    "focusmesh.engine.importers.formats.drawing_tools.pajek",
    "focusmesh.engine.importers.formats.drawing_tools.sif",
    "focusmesh.engine.importers.formats.edge_list",
    "focusmesh.engine.importers.formats.json_lines",
    "focusmesh.engine.importers.formats.json_records",
    "focusmesh.engine.importers.formats.ldbc",
    "focusmesh.engine.importers.formats.matrix_market",
    "focusmesh.engine.importers.formats.memory",
    "focusmesh.engine.importers.formats.metis",
    "focusmesh.engine.importers.formats.notes",
    "focusmesh.engine.importers.formats.python_tree",
    "focusmesh.engine.importers.formats.rdf.json_ld",
    "focusmesh.engine.importers.formats.rdf.n_quads",
    "focusmesh.engine.importers.formats.rdf.n_triples",
    "focusmesh.engine.importers.formats.rdf.rdf_xml",
    "focusmesh.engine.importers.formats.rdf.trig",
    "focusmesh.engine.importers.formats.rdf.turtle",
    "focusmesh.engine.importers.formats.tables.columnar",
    "focusmesh.engine.importers.formats.tables.duckdb_database",
    "focusmesh.engine.importers.formats.tables.numpy_archive",
    "focusmesh.engine.importers.formats.tables.spreadsheet",
    "focusmesh.engine.importers.formats.tables.sqlite_database",
    "focusmesh.engine.importers.formats.wordnet",
)
"""Modules that define IMPORTER; each is imported when an importer is first looked for."""


@cache
def importers() -> dict[str, Importer]:
    """Every importer by its name. Importing a format loads nothing heavy."""
    found = [importlib.import_module(module).IMPORTER for module in FORMATS]
    return {importer.name: importer for importer in found}


def importer_of(path: Path, name: str | None = None, exclude: Sequence[str] = ()) -> Importer:
    """The importer called ``name``, or the one for the name of ``path`` (before .gz, …), or for what a folder has.

    Raises UnsupportedFormatError, which lists what there is.
    """
    if name is not None:
        if name not in importers():
            raise UnsupportedFormatError(f"no import format is called {name!r}; {_list_formats()}")
        return importers()[name]
    if path.is_dir():
        of_folders = [importer for importer in importers().values() if importer.directory]
        return importer_of_folder(path, of_folders, exclude)
    file_name, compressed = inner_name(path)
    meant = [each for each in importers().values() if each.means(file_name, compressed)]
    shaped = [each for each in meant if each.shape is not None and each.shape(path)]
    for importer in (*shaped, *(each for each in meant if each.shape is None)):
        return importer
    shown = repr("".join(path.suffixes[-2:])) if path.suffix else "a name without suffix"
    found = _told_by_content(path) or f"; say format=..., or use one of: {_list_formats()}"
    raise UnsupportedFormatError(f"{path}: no import format for {shown}{found}")


def _told_by_content(path: Path) -> str:
    """What a file of no known suffix looks like inside, and what to do then; nothing where that is not to be told."""
    try:
        with Source(path, Reading(str(path))) as source:
            look = look_of(source.head(_HEAD_BYTES))
    except InputError as error:
        return f": {error}"
    except FocusmeshError:
        return ""
    return "" if look is None else f", but it looks like {look.title}: try {look.advice}"


def _list_formats() -> str:
    return "; ".join(f"{importer.name} ({_meant(importer)})" for importer in importers().values())


def _meant(importer: Importer) -> str:
    suffixes = " ".join(importer.suffixes)
    if not importer.directory:
        return suffixes
    return f"directory, {suffixes}" if importer.alone else "directory"
