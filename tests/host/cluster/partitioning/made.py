"""Tables and folders for tests of partitioning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tests.engine.strategies import heavy_tailed

if TYPE_CHECKING:
    from pathlib import Path


def write_table(path: Path, columns: dict[str, Any], group: int = 30) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    parquet.write_table(pa.table(columns), path, row_group_size=group)
    return path


def folder_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "source.json"}


def many_links(kind: str) -> dict[str, Any]:
    source, target, weight = heavy_tailed(400, 2_000, seed=3)
    made: dict[str, Any] = {"source": source, "target": target}
    if kind == "texts":
        made = {role: np.char.mod("n%d", column) for role, column in made.items()}
    if kind == "unsigned":
        made["source"] = source.astype(np.uint64)
        made["source"][::50] += np.uint64(2**63)
    if kind in ("weights", "single"):
        made["weight"] = weight.astype(np.float32 if kind == "single" else np.float64)
    if kind == "whole":
        made["weight"] = (weight * 5).astype(np.int64)
    return made
