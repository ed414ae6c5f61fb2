"""Phases carried out with what is there already: pieces that are whole are kept, the others are made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from focusmesh.engine.cluster.partitioning.part_writer import PARTS, line_of
from focusmesh.engine.cluster.partitioning.particle_numbers import ORDER, row_report
from focusmesh.engine.cluster.partitioning.phases import PHASES, Phase, phase_named
from focusmesh.engine.cluster.parts.manifest import drop_manifest
from focusmesh.engine.cluster.parts.part_file import file_digest
from focusmesh.engine.support.files import whole_file
from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from focusmesh.engine.cluster.partitioning.job import PartitionJob
    from focusmesh.engine.cluster.partitioning.report import RowReport
    from focusmesh.engine.support.progress import Progress

    Runner = Callable[[PartitionJob, str, Sequence[int]], Iterable[int]]

JOB = "job.json"


class PartitionRun:
    """One run over the phases of a job. ``run`` carries out pieces of a phase and yields their numbers as they end.

    ``reused`` and ``made`` count pieces that were there and that were not.
    """

    def __init__(self, job: PartitionJob, run: Runner, progress: Progress | None = None) -> None:
        self._job = job
        self._run = run
        self._progress = progress
        self._whole: set[str] = set()
        self.reused = self.made = 0

    def finish(self) -> None:
        """Carries out what is missing for the parts, phase by phase, and clears away what no phase needs any more."""
        self._ensure(PHASES[-1])

    def read_rows(self) -> RowReport:
        """Carries out what is missing until particles are in order: what reading the tables came to."""
        self._ensure(phase_named(ORDER))
        return row_report(self._job)

    def _ensure(self, phase: Phase) -> None:
        """All pieces of a phase; those that it needs are looked at only if one is missing."""
        if phase.name in self._whole:
            return
        numbers = range(phase.count(self._job))
        missing = [number for number in numbers if not self._is_whole(phase.name, number)]
        self.reused += len(numbers) - len(missing)
        if missing:
            for need in phase.needs:
                self._ensure(phase_named(need))
            self._carry_out(phase, missing, len(numbers))
        self._whole.add(phase.name)
        self._drop_before(phase)

    def _drop_before(self, phase: Phase) -> None:
        """Removes what no phase after ``phase`` reads; what the manifest needs stays until that is written."""
        at = PHASES.index(phase)
        wanted = {need for later in PHASES[at + 1 :] for need in later.needs}
        for earlier in PHASES[:at] if wanted else ():
            if earlier.name not in wanted:
                shutil.rmtree(Path(self._job.work) / earlier.name, ignore_errors=True)

    def _carry_out(self, phase: Phase, missing: Sequence[int], total: int) -> None:
        (Path(self._job.work) / phase.name).mkdir(parents=True, exist_ok=True)
        throttle = Throttle(self._progress, phase.doing, total, "pieces")
        done = total - len(missing)
        throttle.at(done)
        for _ in self._run(self._job, phase.name, missing):
            done, self.made = done + 1, self.made + 1
            throttle.at(done)
        throttle.finish(done)

    def _is_whole(self, name: str, number: int) -> bool:
        """Whether a piece is there and every byte of it is what was written."""
        if not self._job.path(name, number).exists():
            return False
        try:
            self._job.open(name, number, verify=True)
            if name != PARTS:
                return True
            line = line_of(self._job, number)
            path = Path(self._job.output) / line.name
            return path.stat().st_size == line.size and file_digest(path) == line.digest
        except (FileError, OSError):
            return False


def begin_job(job: PartitionJob, told: dict[str, Any]) -> bool:
    """Makes the folder of the job; whether pieces of the same job lie there, of ``told`` the same tables.

    Pieces of another job are cleared away. Raises FileError.
    """
    drop_manifest(job.output)
    work = Path(job.work)
    packed = json.dumps(job.to_record() | {"of": told}, sort_keys=True).encode()
    try:
        if (work / JOB).exists() and (work / JOB).read_bytes() == packed:
            return True
        if work.exists():
            shutil.rmtree(work)
        work.mkdir(parents=True)
    except OSError as error:
        raise FileError(f"cannot make the folder {work}: {error.strerror or error}") from error
    with whole_file(work / JOB) as file:
        file.write(packed)
    return False


def clear_job(job: PartitionJob) -> None:
    """Removes what the phases kept, once the manifest is written."""
    shutil.rmtree(job.work, ignore_errors=True)
