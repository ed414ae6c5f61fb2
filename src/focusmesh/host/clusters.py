"""Where graphs of many parts are worked on: a Ray cluster, or this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.engine.cluster import open_manifest
from focusmesh.host.cluster import ClusterGraph, Partitioned, group_at, partition_graph

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from focusmesh.engine.graph import Graph


class Cluster:
    """A place for workers. Nothing is started before something is opened or partitioned."""

    def __init__(self, address: str | None = None, *, threads: int | None = None) -> None:
        self.address, self.threads = address, threads

    def partition(
        self,
        source: Graph | str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        folder: str | os.PathLike[str],
        parts: int,
        **options: Any,
    ) -> Partitioned:
        """``source`` as a folder of ``parts`` parts; see ``partition_graph``."""
        return partition_graph(source, folder, parts, address=self.address, **options)

    def open(
        self, folder: str | os.PathLike[str], workers: int | None = None, *, verify: bool = False
    ) -> ClusterGraph:
        """Workers with the parts in ``folder``, one for each part, or fewer with several consecutive parts each.

        ``verify`` compares all files with the digests of the manifest first. Raises FileError and DamagedFileError that
        name the file, ParameterError for a number of workers that will not do, MissingExtraError, RankError.
        """
        manifest = open_manifest(folder)
        size = manifest.whole.count if workers is None else workers
        group = group_at(self.address, folder, size, threads=self.threads, verify=verify)
        return ClusterGraph(group, manifest)

    def __repr__(self) -> str:
        return f"<Cluster at {self.address or 'a Ray of this machine'}>"


def cluster(address: str | None = None, *, threads: int | None = None) -> Cluster:
    """Where graphs of many parts are opened: ``fm.cluster().open(folder).focus()``.

    ``address``: of a Ray cluster (``"auto"``, ``"ray://host:10001"``, ``host:port``); None for one that is started on
    this machine, on loopback alone, while something is open; ``"here"`` for threads of this process, without Ray.
    At most ``threads`` threads work in each worker (default: its share of the cores).
    """
    return Cluster(address, threads=threads)
