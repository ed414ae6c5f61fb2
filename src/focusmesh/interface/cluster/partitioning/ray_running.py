"""Pieces of work on the workers of a Ray cluster: Ray Data reads the tables, tasks do the rest.

Ray starts a piece again whose worker died; a piece that was finished twice wrote the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.engine.cluster.partitioning import READ
from focusmesh.errors import FocusmeshError
from focusmesh.interface.cluster.partitioning.partition import perform_piece
from focusmesh.interface.cluster.ray_session import ray_session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from focusmesh.engine.cluster.partitioning import Job
    from focusmesh.interface.cluster.partitioning.tables import TableSet

_RETRIES = 5


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

    def _run(self, job: Job, tables: TableSet, name: str, numbers: Sequence[int]) -> Iterator[int]:
        try:
            if name == READ:
                yield from self._read(job, tables, numbers)
            else:
                yield from self._tasks(job, tables, name, numbers)
        except self._ray.exceptions.RayError as error:
            cause = getattr(error, "cause", None) or error.__cause__
            if isinstance(cause, FocusmeshError):
                raise cause from None
            raise

    def _read(self, job: Job, tables: TableSet, numbers: Sequence[int]) -> Iterator[int]:
        """The tables through Ray Data: its executor keeps as many blocks in flight as there is room for."""
        import ray.data

        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        items = [{"number": number} for number in numbers]

        def read(row: dict[str, Any]) -> dict[str, Any]:
            return {"number": perform_piece(job, tables, READ, int(row["number"]))}

        blocks = ray.data.from_items(items, override_num_blocks=len(items)).map(
            read, num_cpus=1, max_retries=_RETRIES
        )
        for row in blocks.iter_rows():
            yield int(row["number"])

    def _tasks(
        self, job: Job, tables: TableSet, name: str, numbers: Sequence[int]
    ) -> Iterator[int]:
        ray = self._ray
        task = ray.remote(num_cpus=1, max_retries=_RETRIES)(perform_piece)
        shared = ray.put(tables), ray.put(job)
        waiting = [task.remote(shared[1], shared[0], name, number) for number in numbers]
        while waiting:
            done, waiting = ray.wait(waiting, num_returns=1)
            yield from ray.get(done)
