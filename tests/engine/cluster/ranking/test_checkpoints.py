"""A run that ends anywhere goes on from what its ranks kept, and ends with the same certificate."""

from __future__ import annotations

import errno
import os
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh.engine.cluster import Keeping, certify_part, make_parts, operator_of_part, solve_part
from focusmesh.engine.cluster import certificate_file as certificate_writing
from focusmesh.engine.cluster import checkpoints as checkpointing
from focusmesh.engine.cluster.checkpoints import SETTLED, SOLVED, SOLVING, Checkpoints
from focusmesh.engine.focus import EPSILON, Certificate, certify, verify
from focusmesh.engine.focus.certificate.file import encode
from focusmesh.engine.focus.ranks import Alone, RankIntegerOperator, run_ranks
from focusmesh.engine.graph import Graph
from focusmesh.errors import FileError, RankError
from tests.engine.cluster.ranking.ranked import SECONDS, drawn, on_ranks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from focusmesh.engine.cluster import Part, RankReport
    from focusmesh.engine.focus.ranks import ThreadRanks

GRAPH = drawn(33_500, 20_000)


@cache
def expected() -> bytes:
    """The file that one machine writes."""
    return encode(certify(GRAPH))


class Killed(BaseException):
    """What ends a rank."""


def certifying(path: Path, keep: Path | None) -> Callable[[Part, ThreadRanks], RankReport]:
    keeping = None if keep is None else Keeping(str(keep), every=2)

    def work(part: Part, ranks: ThreadRanks) -> RankReport:
        return certify_part(part, ranks, str(path), keeping=keeping)

    return work


def dying(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, after: int) -> None:
    """The rank that calls this method for the so-many-th time ends there."""
    real, calls = getattr(owner, name), [0]

    def ending(*arguments: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] == after:
            raise Killed
        return real(*arguments, **named)

    monkeypatch.setattr(owner, name, ending)


@pytest.mark.parametrize(
    ("owner", "name", "after", "phase"),
    [
        (Checkpoints, "note_sweep", 9, SOLVING),
        (RankIntegerOperator, "correct_sum", 2, SOLVED),
        (RankIntegerOperator, "apply", 2, SOLVED),
        ("focusmesh.engine.cluster.certificate_file", "_fill", 2, SETTLED),
        ("focusmesh.engine.cluster.certificate_file", "_end", 1, SETTLED),
    ],
    ids=["solve", "rounding", "certify", "write", "rename"],
)
def test_a_rank_that_ends_in_any_phase(
    owner: Any, name: str, after: int, phase: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib

    path, keep = tmp_path / "made", tmp_path / "kept"
    with monkeypatch.context() as patched:
        where = importlib.import_module(owner) if isinstance(owner, str) else owner
        dying(patched, where, name, after)
        with pytest.raises(Killed):
            on_ranks(GRAPH, 2, certifying(path, keep))
    assert not path.exists()
    told = on_ranks(GRAPH, 2, certifying(path, keep))
    assert {report.resumed for report in told} == {phase}
    if phase == SOLVING:
        assert verify(GRAPH, Certificate.open(path)).residual <= EPSILON
    else:
        assert path.read_bytes() == expected()
    assert sorted(entry.name for entry in keep.iterdir()) == []
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["kept", "made"]


def test_a_solve_that_was_ended_takes_fewer_sweeps_the_second_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(part: Part, ranks: ThreadRanks) -> tuple[int, str]:
        solution, resumed = solve_part(
            operator_of_part(part, ranks), 1e-9, keeping=Keeping(str(tmp_path), every=1)
        )
        return solution.iterations, resumed

    ((cold, _),) = set(on_ranks(GRAPH, 2, lambda part, ranks: (work(part, ranks)[0], "")))
    with monkeypatch.context() as patched:
        dying(patched, Checkpoints, "note_sweep", 2 * (cold - 2))
        with pytest.raises(Killed):
            on_ranks(GRAPH, 2, work)
    ((warm, resumed),) = set(on_ranks(GRAPH, 2, work))
    assert resumed == SOLVING
    assert warm < cold


def keeper(folder: Path, ranks: Any = None, work: str = "work") -> Checkpoints:
    return Checkpoints(folder, work, ranks or Alone(), 3)


def test_what_was_kept_is_found_by_the_same_work_alone(tmp_path: Path) -> None:
    own = keeper(tmp_path)
    assert own.latest() is None
    for value in (1.0, 2.0, 3.0):
        own.keep(SOLVED, np.full(3, value), {"sweeps": int(value)})
    own.flush()
    found = keeper(tmp_path).latest()
    assert found is not None
    assert (found.phase, found.values.tolist(), found.facts) == (SOLVED, [3.0] * 3, {"sweeps": 3})
    assert keeper(tmp_path, work="other").latest() is None
    assert Checkpoints(tmp_path, "work", Alone(), 4).latest() is None
    own.clear()
    assert keeper(tmp_path).latest() is None


def test_the_generation_before_stands_in_for_a_damaged_one(tmp_path: Path) -> None:
    own = keeper(tmp_path)
    for value in (1.0, 2.0):
        own.keep(SOLVING, np.full(3, value), {})
    own.flush()
    newest = tmp_path / "rank-00000-of-00001.0.checkpoint"
    content = bytearray(newest.read_bytes())
    content[-1] ^= 1
    newest.write_bytes(content)
    found = keeper(tmp_path).latest()
    assert found is not None
    assert found.values.tolist() == [1.0] * 3
    newest.write_bytes(b"{}\n")
    (tmp_path / "rank-00000-of-00001.1.checkpoint").write_bytes(b"")
    assert keeper(tmp_path).latest() is None


def test_the_newest_generation_that_all_ranks_have_is_taken(tmp_path: Path) -> None:
    def work(ranks: ThreadRanks) -> list[float]:
        own = keeper(tmp_path, ranks)
        for value in range(1, 4 if ranks.rank else 3):
            own.keep(SOLVING, np.full(3, float(value)), {})
        own.flush()
        found = keeper(tmp_path, ranks).latest()
        return [] if found is None else found.values.tolist()

    assert run_ranks(2, work, SECONDS) == [[2.0] * 3, [2.0] * 3]


def full_disk(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_ends_the_run_with_a_clear_error_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, keep = tmp_path / "made", tmp_path / "kept"
    with monkeypatch.context() as patched:
        patched.setattr("focusmesh.engine.support.files.os.fsync", full_disk)
        with pytest.raises(FileError, match=r"cannot write .*checkpoint: No space left on device"):
            on_ranks(GRAPH, 2, certifying(path, keep))
    assert not path.exists()
    with monkeypatch.context() as patched:
        patched.setattr("focusmesh.engine.cluster.certificate_file.os.fsync", full_disk)
        with pytest.raises(FileError, match="cannot write the certificate: No space left"):
            on_ranks(GRAPH, 2, certifying(path, None))
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]
    assert not list(keep.iterdir())


def test_other_ranks_hear_what_one_could_not_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("focusmesh.engine.cluster.certificate_file._end", full_disk)
    parts, path = make_parts(GRAPH, 2), tmp_path / "made"

    def work(ranks: ThreadRanks) -> str:
        with pytest.raises((FileError, RankError)) as raised:
            certify_part(parts[ranks.rank], ranks, str(path))
        return f"{type(raised.value).__name__}: {raised.value}"

    told = run_ranks(2, work, SECONDS)
    assert told[0] == "FileError: cannot write the certificate: No space left on device"
    assert told[1].startswith("RankError: the certificate was not written: rank 0: cannot write")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match="cannot make"):
        keeper(tmp_path / "file" / "below")
    assert checkpointing.SOLVING == "solving"


def test_what_one_rank_kept_of_an_earlier_run_is_not_taken_for_a_newer_one(tmp_path: Path) -> None:
    """Rank 0 is a generation ahead when a run ends; the next run writes no other one of that number."""

    def ended(ranks: ThreadRanks) -> None:
        own = keeper(tmp_path, ranks)
        for value in range(1, 4 if ranks.rank == 0 else 3):
            own.keep(SOLVING, np.full(3, float(value)), {})
        own.flush()

    def next_run(ranks: ThreadRanks) -> None:
        own = keeper(tmp_path, ranks)
        assert own.latest() is not None
        if ranks.rank:
            own.keep(SOLVED, np.full(3, 9.0), {})
            own.flush()

    def found(ranks: ThreadRanks) -> tuple[str, list[float]]:
        kept = keeper(tmp_path, ranks).latest()
        assert kept is not None
        return kept.phase, kept.values.tolist()

    run_ranks(2, ended, SECONDS)
    run_ranks(2, next_run, SECONDS)
    assert run_ranks(2, found, SECONDS) == [(SOLVING, [2.0] * 3)] * 2


def test_a_certificate_of_other_links_with_the_same_totals_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Graph.from_edges([0, 1, 2, 3, 4, 5], [1, 2, 0, 4, 5, 3])
    other = Graph.from_edges([0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 0])
    work = certifying(tmp_path / "made", tmp_path / "kept")
    with monkeypatch.context() as patched:
        dying(patched, certificate_writing, "_end", 1)
        with pytest.raises(Killed):
            on_ranks(one, 1, work)
    (told,) = on_ranks(other, 1, work)
    assert told.resumed == ""
