"""The graphs that everything is measured on: made once from a fixed seed or from installed files, then kept.

``rmat16``, ``rmat18``, ``rmat20``: R-MAT with edge factor 16 and (.57, .19, .19, .05), labels shuffled, duplicates and
self-loops dropped, weights U(0.1, 1) in float32. D. Chakrabarti, Y. Zhan, C. Faloutsos, SDM 2004.
``tailedM``: M links, eight a particle, heavy-tailed both ways, weights U(0.1, 1), so that any size is had.
``words``: a word of the Python sources of the standard library and the installed packages links to each of the next
five words, weighted by how often; real and heavy-tailed, 10⁷ links, the same for everyone with the locked environment
and the same patch version of Python.
``passages``: the same sources cut into passages of twenty lines; a passage and each of its words link to each other,
weighted by how rare the word is (the logarithm of passages over passages with it). Symmetric, as an index of texts is.
``tokens``: a word or a sign of the same sources links to the one that follows, weighted by how often; few links a
particle, so that vectors weigh as much as links.
``NAME-unweighted`` has the links of NAME, each of weight 1; ``NAME-linked`` those particles of NAME that have links.
"""

from __future__ import annotations

import re
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".cache" / "benchmarks"

Ends: TypeAlias = npt.NDArray[np.int64]
Weights: TypeAlias = npt.NDArray[np.float32]

_SEED = 20
_EDGE_FACTOR = 16
_NEAR = 5
_TAILED, _LINKS_EACH = "tailed", 8
_UNWEIGHTED, _LINKED = "-unweighted", "-linked"
_PASSAGE_LINES = 20
_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")
_TOKEN = re.compile(rb"[A-Za-z0-9_]+|[^\sA-Za-z0-9_]")


@dataclass(frozen=True)
class Inputs:
    """What every engine is given: ``m`` distinct links between the particles 0 … n−1, none of them a self-loop."""

    particle_count: int
    source: Ends
    target: Ends
    weight: Weights

    def __len__(self) -> int:
        return len(self.source)

    @classmethod
    def named(cls, name: str) -> Inputs:
        """The graph of that name, made if it was not; its arrays are in memory, not mapped."""
        folder = made(name.removesuffix(_UNWEIGHTED))
        parts: list[npt.NDArray[Any]] = [np.load(folder / f"{part}.npy") for part in _PARTS]
        if name.endswith(_UNWEIGHTED):
            parts[-1] = np.ones_like(parts[-1])
        return cls(int(parts[0][0]), *parts[1:])

    @classmethod
    def tiny(cls) -> Inputs:
        """A graph just large enough that engines load and compile what they need for a large one."""
        return _rmat(14)


_PARTS = ("particle_count", "source", "target", "weight")


def made(name: str) -> Path:
    """The folder of that graph's arrays, written when it is first asked for."""
    folder = FOLDER / name
    if not (folder / "weight.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        inputs = _drawn(name, folder)
        np.save(folder / "particle_count.npy", np.array([inputs.particle_count]))
        for part in _PARTS[1:]:
            np.save(folder / f"{part}.npy", getattr(inputs, part))
    return folder


def _drawn(name: str, folder: Path) -> Inputs:
    if name.endswith(_LINKED):
        return _linked(Inputs.named(name.removesuffix(_LINKED)))
    if name in _REAL:
        return _REAL[name](folder)
    if name.startswith(_TAILED):
        return _tailed(int(name.removeprefix(_TAILED)))
    return _rmat(int(name.removeprefix("rmat")))


def _tailed(links: int) -> Inputs:
    random = np.random.default_rng([_SEED, links])
    count, drawn = links // _LINKS_EACH, 3 * links
    source = (count * random.random(drawn) ** 2).astype(np.int64)
    target = (count * random.random(drawn) ** 3).astype(np.int64)
    label = random.permutation(count)
    pairs = np.unique((label[source] * count + label[target])[source != target])
    pairs = random.permutation(pairs)[:links]
    weight = random.uniform(0.1, 1.0, len(pairs)).astype(np.float32)
    return Inputs(count, pairs // count, pairs % count, weight)


def _rmat(scale: int) -> Inputs:
    random = np.random.default_rng([_SEED, scale])
    count = 1 << scale
    source = np.zeros(count * _EDGE_FACTOR, dtype=np.int64)
    target = np.zeros_like(source)
    for _ in range(scale):
        drawn = random.random(len(source), dtype=np.float32)
        source = 2 * source + (drawn >= 0.76)
        target = 2 * target + (((drawn >= 0.57) & (drawn < 0.76)) | (drawn >= 0.95))
    label = random.permutation(count)
    source, target = label[source], label[target]
    pairs = np.unique((source * count + target)[source != target])
    random.shuffle(pairs)
    weight = random.uniform(0.1, 1.0, len(pairs)).astype(np.float32)
    return Inputs(count, pairs // count, pairs % count, weight)


def _linked(whole: Inputs) -> Inputs:
    """The same links between particles that are numbered anew."""
    ends = np.concatenate((whole.source, whole.target))
    kept, place = np.unique(ends, return_inverse=True)
    return Inputs(len(kept), place[: len(whole)], place[len(whole) :], whole.weight)


def _words(folder: Path) -> Inputs:
    """Ids by first appearance in sorted files; the words are left in ``names.txt``, one a line."""
    return _followed(folder, _WORD, _NEAR)


def _tokens(folder: Path) -> Inputs:
    """As ``_words``, of all that is written."""
    return _followed(folder, _TOKEN, 1)


def _followed(folder: Path, word: re.Pattern[bytes], near_max: int) -> Inputs:
    """Links to the next ``near_max`` words. They are shuffled, as a sorted list would favour some engines."""
    ids: dict[bytes, int] = {}
    texts = []
    for path in python_sources():
        found = word.findall(path.read_bytes())
        texts.append(np.array([ids.setdefault(each, len(ids)) for each in found], dtype=np.int64))
    (folder / "names.txt").write_bytes(b"\n".join(ids) + b"\n")
    near = [first << 32 | second for text in texts for first, second in _pairs(text, near_max)]
    pairs, often = np.unique(np.concatenate(near), return_counts=True)
    source, target = pairs >> 32, pairs & 0xFFFFFFFF
    kept = np.random.default_rng(_SEED).permutation(np.flatnonzero(source != target))
    return Inputs(len(ids), source[kept], target[kept], often[kept].astype(np.float32))


def _passages(folder: Path) -> Inputs:
    """Passages come first, then words by first appearance; the links are shuffled.

    The words themselves are left in ``words.txt``, one a line.
    """
    ids: dict[bytes, int] = {}
    found = []
    for path in python_sources():
        lines = path.read_bytes().split(b"\n")
        for first in range(0, len(lines), _PASSAGE_LINES):
            words = set(_WORD.findall(b"\n".join(lines[first : first + _PASSAGE_LINES])))
            if words:
                found.append(np.array([ids.setdefault(word, len(ids)) for word in sorted(words)]))
    (folder / "words.txt").write_bytes(b"\n".join(ids) + b"\n")
    passage = np.repeat(np.arange(len(found)), [len(words) for words in found])
    word = np.concatenate(found)
    rarity = np.log(len(found) / np.bincount(word)).astype(np.float32)[word]
    kept = np.random.default_rng(_SEED).permutation(2 * len(word))
    source, target = np.append(passage, word + len(found)), np.append(word + len(found), passage)
    weight = np.maximum(np.append(rarity, rarity), np.float32(2**-10))
    return Inputs(len(found) + len(ids), source[kept], target[kept], weight[kept])


_REAL = {"words": _words, "passages": _passages, "tokens": _tokens}


def python_sources() -> list[Path]:
    """Sources of the standard library and of what is installed in this environment."""
    library, packages = (Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib"))
    own = [path for path in library.rglob("*.py") if not _INSTALLED & set(path.parts)]
    return sorted(own) + sorted(packages.rglob("*.py"))


_INSTALLED = {"site-packages", "dist-packages"}


def _pairs(text: Ends, near_max: int) -> Iterator[tuple[Ends, Ends]]:
    return ((text[:-step], text[step:]) for step in range(1, near_max + 1))
