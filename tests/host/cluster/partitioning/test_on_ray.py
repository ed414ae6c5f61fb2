"""Parts that the workers of a Ray cluster make, which listens on loopback alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.engine.cluster.parts import open_part, verify_folder, write_parts
from focusmesh.engine.graph import Graph
from focusmesh.errors import FileError
from focusmesh.host.cluster.partitioning import partition_graph
from tests.host.cluster.partitioning.made import folder_bytes, many_links, write_table

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.support.progress import Step
    from tests.conftest import Needs


@pytest.mark.filterwarnings(r"ignore::DeprecationWarning:ray\..*")
def test_parts_on_ray(tmp_path: Path, needs: Needs) -> None:
    """One cluster of this machine: the same bytes; an error of a worker arrives as it was raised."""
    for extra in ("pyarrow", "fsspec", "ray"):
        needs(extra)
    table = write_table(tmp_path / "links.parquet", many_links("weights"), group=70)
    write_parts(Graph.read(table), 3, tmp_path / "whole", align=False)
    whole = folder_bytes(tmp_path / "whole")
    from focusmesh.host.cluster.ray_session import ray_session

    made = tmp_path / "made"
    with ray_session(cpus=2) as ray:
        assert {node["NodeManagerAddress"] for node in ray.nodes()} == {"127.0.0.1"}
        partition_graph(table, made, 3, block_rows=400, align=False)
        assert folder_bytes(made) == whole
        assert verify_folder(made) == []
        (tmp_path / "gone").mkdir()
        gone = write_table(tmp_path / "gone" / "links.parquet", many_links("texts"))
        interrupted_at = made_gone(gone)
        with pytest.raises(FileError, match=r"links.parquet"):
            partition_graph(gone, tmp_path / "lost", 2, progress=interrupted_at)
    assert not ray.is_initialized()
    assert open_part(made, 0).count == 3


def made_gone(table: Path) -> Any:
    """A progress that removes the table before it is read."""

    def progress(step: Step) -> None:
        table.unlink(missing_ok=True)

    return progress
