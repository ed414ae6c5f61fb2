"""R-MAT tables in Parquet, written file by file, so that they may be larger than memory.

    python -m benchmarks.data.cluster_tables FOLDER --scale 23 --links 1e8 [--weighted] [--texts]

(.57, .19, .19, .05) as in graphs.py, but duplicates and self-loops stay in, as they do in tables of the world. A file
depends on the scale and its number alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_SEED = 20
FILE_LINKS = 10_000_000
GROUP_LINKS = 1_000_000


def rmat_tables(
    folder: Path, scale: int, links: int, *, weighted: bool = False, texts: bool = False
) -> Path:
    """A folder of Parquet files with ``links`` links between at most 2^scale particles; files that are there stay."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    folder.mkdir(parents=True, exist_ok=True)
    for number, first in enumerate(range(0, links, FILE_LINKS)):
        path = folder / f"links-{number:04d}.parquet"
        if path.exists():
            continue
        beside = path.with_suffix(".part")
        writer: Any = None
        for group in range(first, min(first + FILE_LINKS, links), GROUP_LINKS):
            count = min(GROUP_LINKS, links - group)
            random = np.random.default_rng([_SEED, scale, group // GROUP_LINKS])
            columns = dict(zip(("source", "target"), rmat_ends(random, scale, count), strict=True))
            made: dict[str, Any] = dict(columns)
            if texts:
                made = {role: np.char.mod("particle %d", ids) for role, ids in columns.items()}
            if weighted:
                made["weight"] = random.uniform(0.1, 1.0, count).astype(np.float32)
            table = pa.table(made)
            writer = writer or parquet.ParquetWriter(beside, table.schema)
            writer.write_table(table)
        writer.close()
        beside.rename(path)
    return folder


def rmat_ends(
    random: np.random.Generator, scale: int, count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Sources and targets of so many links, labels scattered."""
    source = np.zeros(count, dtype=np.int64)
    target = np.zeros(count, dtype=np.int64)
    for _ in range(scale):
        drawn = random.random(count, dtype=np.float32)
        source = 2 * source + (drawn >= 0.76)
        target = 2 * target + (((drawn >= 0.57) & (drawn < 0.76)) | (drawn >= 0.95))
    return _scattered(source, scale), _scattered(target, scale)


def _scattered(ids: npt.NDArray[np.int64], scale: int) -> npt.NDArray[np.int64]:
    """A permutation of 0 … 2^scale − 1 that needs no table: odd factors and shifts, twice."""
    mask = (1 << scale) - 1
    for factor in (0x9E3779B1, 0x85EBCA77):
        ids = ids * factor & mask
        ids ^= ids >> (scale // 2)
    return ids


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=int, default=20)
    parser.add_argument("--links", type=float, default=1e7)
    parser.add_argument("--weighted", action="store_true")
    parser.add_argument("--texts", action="store_true")
    given = parser.parse_args()
    rmat_tables(
        given.folder, given.scale, int(given.links), weighted=given.weighted, texts=given.texts
    )


if __name__ == "__main__":
    main()
