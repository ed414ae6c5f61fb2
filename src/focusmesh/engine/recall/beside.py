"""What lies beside a graph file, written with it and opened by later processes that ask: the index, names, foci."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from blake3 import blake3

from focusmesh.engine.focus import KeptFoci, solve_kept
from focusmesh.engine.links import told_root
from focusmesh.engine.recall.document_slots import NOBODY
from focusmesh.engine.recall.documents import Documents
from focusmesh.engine.recall.params import RecallParams
from focusmesh.engine.recall.question_names import QuestionNames
from focusmesh.engine.recall.words import WordIndex
from focusmesh.errors import (
    ConvergenceError,
    FileError,
    FocusmeshError,
    MemoryLimitError,
    ParameterError,
)

if TYPE_CHECKING:
    from os import PathLike

    from focusmesh.engine.links import LinkView
    from focusmesh.engine.recall.document_slots import Seating
    from focusmesh.engine.support.progress import Progress

_NAMES, _ROOT, _FOCI = "focusmesh.names", "focusmesh.root", "focusmesh.foci"
_DIGEST_BYTES = 32


def words_folder(path: str | PathLike[str]) -> Path:
    """The folder of words of a graph file."""
    return Path(f"{path}.words")


def write_words(
    graph: LinkView, path: str | PathLike[str], progress: Progress | None = None
) -> None:
    """Writes the index of ``graph`` beside its file: whole or not at all, in the place of one before.

    What contexts share is solved and lies there too, so that a later process need not solve it. Raises
    MissingExtraError, FileError.
    """
    import tempfile

    folder = words_folder(path)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as made:
            fresh = Path(made) / "new"
            words, documents = WordIndex(fresh, "english"), Documents.of(graph)
            followed = NOBODY.following(documents.keys(lasting=True))
            words.change(documents, followed, progress)
            words.stamp(followed.seating)
            names = QuestionNames.of(graph, None)
            if names is not None:
                _write(fresh / _NAMES, names.dump())
            # Where it cannot be solved, or memory will not do, whoever asks is told so.
            with suppress(ConvergenceError, MemoryLimitError):
                _write(fresh / _FOCI, solve_kept(graph, RecallParams().focus, progress).dump())
            (fresh / _ROOT).write_text(graph.root, encoding="ascii")
            if folder.exists():
                folder.rename(Path(made) / "old")
            fresh.rename(folder)
    except OSError as error:
        raise FileError(f"{folder}: no text index can be kept there: {error}") from error


class OpenedIndex(NamedTuple):
    """What lies beside a graph file, read only, or a copy of it where it has to follow what changed since."""

    words: WordIndex
    seating: Seating
    names: QuestionNames | None
    is_same: bool
    """Whether it is of the very graph that is asked."""

    @classmethod
    def of(cls, folder: Path, graph: LinkView) -> OpenedIndex | None:
        """None where nothing lies there that can be read."""
        try:
            root = (folder / _ROOT).read_text(encoding="ascii")
            words = WordIndex(folder, "english", read_only=True)
            is_same = root == told_root(graph) or root == graph.root
            if not is_same:
                words = words.copy()
            seating = words.seating()
            names = _read_names(folder, graph) if is_same else None
            foci = _read_foci(folder)
            # Another process may have put a new one in its place meanwhile.
            if seating is None or (folder / _ROOT).read_text(encoding="ascii") != root:
                return None
        except (OSError, ValueError, FocusmeshError):
            return None
        if foci is not None:
            foci.keep(graph)
        return cls(words, seating, names, is_same)


def copy_of(words: WordIndex) -> tuple[WordIndex, Seating | None]:
    """An index that may be written to, as ``words`` are; an empty one where their folder is gone."""
    try:
        copy = words.copy()
        return copy, copy.seating()
    except (OSError, FocusmeshError):
        return WordIndex(None, "english"), None


def _read_names(folder: Path, graph: LinkView) -> QuestionNames | None:
    """The names of the graph as they were written; None where they have to be made."""
    try:
        return QuestionNames.load(graph, _read(folder / _NAMES))
    except (OSError, ValueError):
        return None


def _read_foci(folder: Path) -> KeptFoci | None:
    """The foci as they were written, of whatever graph: a solve that begins with them proves what it ends with."""
    try:
        return KeptFoci.load(_read(folder / _FOCI))
    except (OSError, ValueError, ParameterError):
        return None


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(blake3(content).digest() + content)


def _read(path: Path) -> memoryview:
    """What ``_write`` wrote. Raises OSError, ValueError where it is damaged."""
    content = memoryview(path.read_bytes())
    if blake3(content[_DIGEST_BYTES:]).digest() != content[:_DIGEST_BYTES]:
        raise ValueError(f"{path} is damaged")
    return content[_DIGEST_BYTES:]
