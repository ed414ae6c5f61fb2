"""Which workers carry out the tasks of a cluster graph: threads of this process, or actors of a Ray cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.cluster import open_part
from focusmesh.host.cluster.workers import LocalGroup

if TYPE_CHECKING:
    import os

    from focusmesh.host.cluster.workers import Group

HERE = "here"


def group_at(
    address: str | None,
    folder: str | os.PathLike[str],
    size: int,
    *,
    threads: int | None = None,
    verify: bool = False,
) -> Group:
    """``size`` workers with the parts in ``folder``: threads "here", else actors of the Ray cluster at ``address``."""
    if address == HERE:
        parts = [open_part(folder, rank, size, verify=verify) for rank in range(size)]
        return LocalGroup(parts, threads)
    from focusmesh.host.cluster.ray_group import RayGroup

    return RayGroup(folder, size, address=address, threads=threads, verify=verify)
