"""The grid behind every protocol: what is answered, that it is kept, and that what fails leaves nothing."""

from __future__ import annotations

import struct
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

from focusmesh.apps.grid import MemoryArrayStore
from focusmesh.errors import GridError, ParameterError
from focusmesh.host.grid import (
    Changed,
    CollectiveThink,
    Execute,
    GridService,
    Interlock,
    KeptGrid,
    NewValue,
    Process,
    SendMessage,
    Token,
    VerifyVote,
    Vote,
    Worded,
    read,
    write_message,
)
from tests.host.grids import SECRET, SHAPE, forged, small_grid, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.support.progress import Step


@pytest.fixture
def kept() -> KeptGrid:
    return small_grid()


@pytest.fixture
def grid(kept: KeptGrid) -> Iterator[GridService]:
    service = GridService(kept, save_seconds=3_600)
    yield service
    service.close()


def test_everything_is_there_again(kept: KeptGrid, grid: GridService) -> None:
    grid.set_value(NewValue(x=9, y=9, z=9, value=2.5))
    grid.execute(Execute(instance="b", command="hold"))
    grid.send_message(SendMessage(instance="a", source="NEU", target="NED", text="left here"))
    grid.save()
    again = GridService(KeptGrid.of(kept.store, SECRET))
    assert told(again.kept) == told(kept)
    assert again.value(9, 9, 9).value == 2.5
    assert [cube.state for cube in again.cubes().items] == ["Execute", "Held"]
    (waiting,) = (one.waiting for one in again.cube("a").vertices if one.vertex == "NED")
    assert waiting == 1
    assert again.cube("a").neighbours == ["b"]


def test_work_is_committed_when_it_is_saved(kept: KeptGrid, grid: GridService) -> None:
    height = kept.history.height
    grid.collective_think(CollectiveThink(instance="a", text="the qu"))
    assert kept.history.height == height
    grid.save()
    grid.save()
    assert kept.history.height == height + 1
    assert grid.history(1).items[0].operation == "collective_think a"


def test_a_text_goes_on_alike_whoever_listens(grid: GridService) -> None:
    heard: list[Token] = []
    wanted = Process(instance="a", text="the quick", count=8, seed=3)
    first, second = grid.process(wanted, heard.append), grid.process(wanted)
    assert first.data == second.data
    assert [token.index for token in heard] == list(range(8))
    assert "".join(token.text for token in heard)
    assert all(token.letter == token.kappa for token in heard)


def test_the_idlest_cube_works(grid: GridService) -> None:
    grid.execute(Execute(instance="a", command="hold"))
    assert grid.process(Process(template="mixed", text="x", count=1)).instance == "b"


class FullError(Exception):
    """A store that takes nothing."""


def test_what_cannot_be_kept_is_not_done(
    kept: KeptGrid, grid: GridService, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = told(kept)

    def fail() -> None:
        raise FullError

    with monkeypatch.context() as patched:
        patched.setattr(kept.store, "write", fail)
        with pytest.raises(FullError):
            grid.set_value(NewValue(x=9, y=9, z=9, value=1.0))
        with pytest.raises(FullError):
            grid.remove_instance("a")
    assert told(kept) == before
    assert not grid.value(9, 9, 9).active
    grid.set_value(NewValue(x=9, y=9, z=9, value=1.0))
    assert grid.value(9, 9, 9).active


def test_what_could_not_be_taken_back_is_taken_back_once_the_store_is_there_again(
    kept: KeptGrid, grid: GridService, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = told(kept)

    def gone(*_: object) -> None:
        raise GridError("server", "the server went away")

    with monkeypatch.context() as patched:
        for name in ("read", "write", "claim"):
            patched.setattr(kept.store, name, gone)
        with pytest.raises(GridError, match="went away"):
            grid.set_value(NewValue(x=9, y=9, z=9, value=1.0))
        with pytest.raises(GridError, match="went away"):
            grid.value(9, 9, 9)
        with pytest.raises(GridError, match="went away"):
            grid.collective_think(CollectiveThink(instance="a", text="x"))
    assert not grid.value(9, 9, 9).active
    assert told(kept) == before


def test_work_that_cannot_be_saved_is_spoken_of_and_saved_later(
    kept: KeptGrid, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    service = GridService(kept, save_seconds=3_600)
    height = kept.history.height

    def gone() -> None:
        raise GridError("server", "the server went away")

    with monkeypatch.context() as patched:
        patched.setattr(kept.store, "write", gone)
        service.collective_think(CollectiveThink(instance="a", text="the qu"))
        service._save_later()
        assert "the server went away" in caplog.text
    service.close()
    assert kept.history.height == height + 1


def test_a_plane_that_is_stopped_on_the_way_is_as_it_was(kept: KeptGrid, grid: GridService) -> None:
    grid.interlock(Interlock(plane="up", operation="activate"))
    grid.kept.grid.array.set_many([(x, 3, 15) for x in range(20)], model=1)
    grid.set_value(NewValue(x=0, y=0, z=0, value=0.0))
    before = told(kept)

    def stop(step: Step) -> None:
        raise FullError

    wanted = Interlock(plane="up", operation="process", text="the ", write=True)
    with pytest.raises(FullError):
        grid.interlock(wanted, stop)
    assert told(kept) == before
    found = grid.interlock(wanted)
    assert found.blocks == 20
    assert found.without_model == SHAPE[0] * SHAPE[1] - 20


def test_blocks_are_packed_for_a_card(grid: GridService) -> None:
    grid.set_value(NewValue(x=20, y=1, z=0, value=-4.0))
    sent = grid.blocks(None, None, 100)
    head = struct.unpack_from("<4sIII3I3Iff", sent)
    assert head == (b"FMGB", 1, 17, 17, 1, 1, 0, 20, 6, 7, -4.0, 0.0)
    rows = np.frombuffer(sent, "<u2", offset=48).reshape(17, 6)
    assert [19, 0, 0, 0] in rows[:, :4].tolist()
    assert sorted({*rows[:, 3].tolist()}) == [0, 1, 2]
    some = grid.blocks(None, None, 5)
    assert struct.unpack_from("<II", some, 8) == (5, 17)
    assert struct.unpack_from("<II", grid.blocks((0, 0, 0), (3, 3, 3), 100), 8) == (8, 8)
    empty = GridService(KeptGrid.create(MemoryArrayStore(), SHAPE))
    assert len(empty.blocks(None, None, 5)) == 48


def test_a_text_of_any_bytes_is_what_a_plane_reads(grid: GridService) -> None:
    text = b"\xff\xfe".decode("utf-8", "surrogateescape")
    assert Interlock(plane="up", operation="process", text=text).window() == b"\xff\xfe"
    grid.interlock(Interlock(plane="z", index=1, operation="process", text=text))


def test_values_of_any_size_are_drawn(grid: GridService) -> None:
    for x, value in enumerate((-1.7e308, 0.0, 1.7e308)):
        grid.set_value(NewValue(x=x, y=0, z=0, value=value))
    sent = grid.blocks((0, 0, 0), (3, 1, 1), 10)
    largest = float(np.finfo(np.float32).max)
    assert struct.unpack_from("<ff", sent, 40) == (-largest, largest)
    assert [sent[48 + 12 * at + 8] for at in range(3)] == [0, 128, 255]


def test_changes_are_heard(grid: GridService) -> None:
    heard: SimpleQueue[Changed] = SimpleQueue()
    leave = grid.listen(heard.put)
    grid.execute(Execute(instance="b", command="hold"))
    grid.set_value(NewValue(x=9, y=9, z=9, value=1.0))
    found = [heard.get(timeout=10) for _ in range(2)]
    leave()
    assert [(one.operation, one.instance, one.state) for one in found] == [
        ("execute", "b", "Held"),
        ("value", None, None),
    ]


def test_the_history_says_what_was_done(grid: GridService) -> None:
    page = grid.history(3)
    assert [one.height for one in page.items] == [6, 5, 4]
    assert page.items[0].operation == "connect a b"
    assert grid.history(100, page.cursor).items[-1].operation == "create"


def test_words_are_text_or_base64() -> None:
    assert Worded(text="é").content() == b"\xc3\xa9"
    assert Worded(data="AAE=").content() == b"\0\1"
    for wrong in (Worded(), Worded(text="a", data="AA=="), Worded(data="A"), Worded(data="é")):
        with pytest.raises(ParameterError):
            wrong.content()


def test_a_message_that_is_none_is_refused() -> None:
    heard = read('{"id": "1", "type": "execute", "instance": "a", "command": "stop"}')
    assert heard.request == Execute(instance="a", command="stop")
    for wrong in (
        "",
        "[]",
        '{"type": "status"}',
        '{"id": "", "type": "status"}',
        '{"id": "1"}',
        '{"id": "1", "type": "nothing"}',
        '{"id": "1", "type": "status", "more": 1}',
        '{"id": "1", "type": "execute", "instance": "a"}',
        "[" * 50_000,
    ):
        with pytest.raises(ParameterError, match="not a message of a grid"):
            read(wrong)
    assert msgspec.json.decode(write_message(None, alive=True)) == {"alive": True}


def test_a_closed_grid_takes_nothing(grid: GridService) -> None:
    grid.close()
    with pytest.raises(GridError, match="closed"):
        grid.set_value(NewValue(x=0, y=0, z=0, value=1.0))


def test_votes_follow_each_other(kept: KeptGrid, grid: GridService) -> None:
    first = grid.vote(Vote(instance="a", text="the qu", bad={"NEU": "equivocate", "SWD": "forge"}))
    assert (first.height, len(first.signers)) == (1, 6)
    assert [one.vertex for one in first.evidence] == ["NEU"]
    again = GridService(KeptGrid.of(kept.store, SECRET))
    second = again.vote(Vote(instance="a", text="the qu"))
    assert (second.height, second.previous) == (2, first.digest)
    with kept.store.read() as reader:
        assert [run.name for run in reader.runs("a")] == ["vote-a-2", "vote-a-1"]
    for one in (first, second):
        found = again.verify_vote(VerifyVote(instance="a", certificate=one.certificate))
        assert (found.digest, found.signers) == (one.digest, one.signers)


def test_a_forged_vote_is_refused(kept: KeptGrid, grid: GridService) -> None:
    vote = grid.vote(Vote(instance="a", text="the qu"))
    before = told(kept)
    for cube, certificate in (
        ("a", forged(vote.certificate)),
        ("b", vote.certificate),
        ("a", vote.certificate[:-4]),
    ):
        with pytest.raises(GridError) as refused:
            grid.verify_vote(VerifyVote(instance=cube, certificate=certificate))
        assert refused.value.code == "certificate"
    bad: dict[str, Any] = dict.fromkeys(("NEU", "NED", "NWU", "NWD"), "silent")
    with pytest.raises(GridError) as refused:
        grid.vote(Vote(instance="a", text="the qu", bad=bad))
    assert refused.value.code == "quorum"
    assert told(kept) == before
    silent = GridService(KeptGrid.of(kept.store))
    with pytest.raises(GridError, match="voting needs keys"):
        silent.vote(Vote(instance="a", text="the qu"))
