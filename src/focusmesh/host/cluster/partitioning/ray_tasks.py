"""Pieces of work on the workers of a Ray cluster: Ray Data reads the tables, tasks do the rest.

Ray starts a piece again whose worker died; a piece that was finished twice wrote the same bytes.
"""

from __future__ import annotations

import logging
import pickle
from typing import TYPE_CHECKING, Any

from focusmesh.engine.cluster import READ
from focusmesh.errors import FocusmeshError
from focusmesh.host.cluster.partitioning.pieces import perform_piece
from focusmesh.host.cluster.ray_session import ray_session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from focusmesh.engine.cluster import PartitionJob
    from focusmesh.host.cluster.partitioning.tables import TableSet

_RETRIES = 5
_PIECE_BYTES = 1 << 30


class RayRunner:
    """Runs pieces on the cluster at ``address``; where that is None on one of this machine that ends with it."""

    def __init__(self, address: str | None) -> None:
        self._session: AbstractContextManager[Any] = ray_session(address)
        self._ray: Any = None

    def __enter__(self) -> Any:
        self._ray = self._session.__enter__()
        return self._run

    def __exit__(self, *raised: Any) -> None:
        self._session.__exit__(*raised)

    def _run(
        self, job: PartitionJob, tables: TableSet, name: str, numbers: Sequence[int]
    ) -> Iterator[int]:
        pieces = self._read if name == READ else self._tasks
        for number, error in pieces(job, tables, name, numbers):
            if error:
                raise pickle.loads(error)
            yield number

    def _read(
        self, job: PartitionJob, tables: TableSet, name: str, numbers: Sequence[int]
    ) -> Iterator[tuple[int, bytes]]:
        """The tables through Ray Data: its executor keeps as many blocks in flight as there is room for."""
        import ray.data

        logging.getLogger("ray.data").setLevel(logging.ERROR)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        items = [{"number": number} for number in numbers]

        def read(row: dict[str, Any]) -> dict[str, Any]:
            number, error = _attempt(job, tables, name, int(row["number"]))
            return {"number": number, "error": error}

        blocks = ray.data.from_items(items, override_num_blocks=len(items)).map(
            read, num_cpus=1, memory=self._memory()
        )
        for row in blocks.iter_rows():
            yield int(row["number"]), row["error"]

    def _tasks(
        self, job: PartitionJob, tables: TableSet, name: str, numbers: Sequence[int]
    ) -> Iterator[tuple[int, bytes]]:
        ray = self._ray
        needs: dict[str, Any] = {"num_cpus": 1, "memory": self._memory()}
        task = ray.remote(max_retries=_RETRIES, **needs)(_attempt)
        shared = ray.put(job), ray.put(tables)
        waiting = [task.remote(*shared, name, number) for number in numbers]
        while waiting:
            done, waiting = ray.wait(waiting, num_returns=1)
            yield from ray.get(done)

    def _memory(self) -> float:
        """What a piece is reckoned with, so that a node with many cores and little memory takes fewer at a time."""
        largest = max(node["Resources"].get("memory", 0.0) for node in self._ray.nodes())
        return float(min(_PIECE_BYTES, largest / 2))


def _attempt(job: PartitionJob, tables: TableSet, name: str, number: int) -> tuple[int, bytes]:
    """A piece of work on a worker: its number, and the error if it cannot be done, which no second attempt mends."""
    try:
        return perform_piece(job, tables, name, number), b""
    except FocusmeshError as error:
        return number, pickle.dumps(error)
