"""R-MAT graphs of any size, drawn piece by piece into memory-mapped files.

Unlike those of graphs.py they have repeated links and self-loops, which the builder sums and drops. Labels are
shuffled, weights U(0.1, 1) in float32, ends uint32: 12 bytes a link. Drawing takes 0.2 GiB above what it writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from benchmarks.data.graphs import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

EDGE_FACTOR = 12.5
_SEED = 23
_PIECE = 1 << 22
_PARTS = ("source", "target", "weight")


def folder() -> Path:
    """Where the files are: for others as large as they."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    return FOLDER


def made(scale: int) -> Path:
    """The folder of the graph of 2^scale particles: source.npy, target.npy, weight.npy, made once."""
    path = FOLDER / f"mapped{scale}"
    if not (path / "done").exists():
        path.mkdir(parents=True, exist_ok=True)
        _draw(scale, path)
        (path / "done").touch()
    return path


def opened(
    scale: int,
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32], npt.NDArray[np.float32]]:
    """Sources, targets and weights as read-only views of their files."""
    path = made(scale)
    source, target, weight = (np.load(path / f"{part}.npy", mmap_mode="r") for part in _PARTS)
    return source, target, weight


def _draw(scale: int, path: Path) -> None:
    random = np.random.default_rng([_SEED, scale])
    count = round(EDGE_FACTOR * 2**scale)
    label = random.permutation(1 << scale).astype(np.uint32)
    files = [
        np.lib.format.open_memmap(path / f"{part}.npy", "w+", kind, (count,))
        for part, kind in zip(_PARTS, (np.uint32, np.uint32, np.float32), strict=True)
    ]
    for start in range(0, count, _PIECE):
        size = min(_PIECE, count - start)
        source, target = np.zeros(size, dtype=np.uint32), np.zeros(size, dtype=np.uint32)
        for _ in range(scale):
            drawn = random.random(size, dtype=np.float32)
            source += source + (drawn >= 0.76)
            target += target + (((drawn >= 0.57) & (drawn < 0.76)) | (drawn >= 0.95))
        piece = slice(start, start + size)
        files[0][piece], files[1][piece] = label[source], label[target]
        files[2][piece] = random.uniform(0.1, 1.0, size)
    for file in files:
        file.flush()
