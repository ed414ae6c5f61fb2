"""A hub tells every subscriber what is new at its own pace, works answers out once, keeps nothing for who is slow."""

from __future__ import annotations

import asyncio
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

import focusmesh
from focusmesh.errors import ParameterError, UnknownParticleError
from focusmesh.host.service import (
    AnswerEvent,
    BlockEvent,
    BlocksWanted,
    ContextQuestion,
    Hub,
    Moment,
    NotThereError,
    ParticleQuestion,
    ParticlesEvent,
    ParticlesWanted,
    QueryWanted,
    RankQuestion,
    RecallQuestion,
    Service,
    Subscription,
    UnavailableError,
    hub,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from pathlib import Path


SECONDS = 60.0
BLOCKS = 40
EDGES = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "c")]


async def following(events: AsyncGenerator[Any, None]) -> Any:
    return await asyncio.wait_for(anext(events), SECONDS)


def ran(body: Callable[[Hub], Awaitable[None]], service: Service) -> None:
    async def run() -> None:
        made = Hub(service)
        try:
            await body(made)
        finally:
            await made.stop()
            service.close()

    asyncio.run(run())


class Moments:
    """Moments that a test hands out one after the other, as a service would."""

    kind = "graph"

    def __init__(self) -> None:
        self.now = self.made(EDGES)

    @staticmethod
    def made(edges: list[tuple[str, str]]) -> Moment:
        sources, targets = zip(*edges, strict=True)
        return Moment(
            focusmesh.Graph.from_edges(list(sources), list(targets)), focusmesh.FocusParams()
        )

    async def newest(self) -> Moment:
        return self.now


def watched(body: Callable[[Hub, Moments], Awaitable[None]]) -> None:
    async def run() -> None:
        moments: Any = Moments()
        made = Hub(moments, moments.newest)
        try:
            await body(made, moments)
        finally:
            await made.stop()

    asyncio.run(run())


def test_blocks_come_in_order_and_from_where_one_left_off(ledger: Path) -> None:
    async def body(made: Hub) -> None:
        with focusmesh.open(ledger) as graph:
            graph.link("a", "b")
            events = made.subscribe(BlocksWanted())
            waiting = asyncio.ensure_future(following(events))
            await asyncio.sleep(0.2)
            assert not waiting.done()
            for target in "cde":
                graph.link("a", target)
            told = [await waiting, await following(events), await following(events)]
            assert [one.height for one in told] == [2, 3, 4]
            assert all(isinstance(one, BlockEvent) and one.skipped == 0 for one in told)
            assert f"{told[-1].root}@4" == graph.root
            again = made.subscribe(BlocksWanted(after=1))
            assert [(await following(again)).height for _ in range(3)] == [2, 3, 4]
            await again.aclose()
            await events.aclose()
            assert made.subscription_count == 0

    ran(body, Service.open(ledger))


def test_who_is_far_behind_goes_on_with_the_newest_block(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "BLOCKS_KEPT", 3)

    async def body(made: Hub) -> None:
        with focusmesh.open(ledger) as graph:
            events = made.subscribe(BlocksWanted(after=-1))
            assert (await following(events)).height == 0
            keen = made.subscribe(BlocksWanted(after=0))
            for number in range(8):
                graph.link("a", f"b{number}")
                assert (await following(keen)).height == number + 1
            newest = await following(events)
            assert (newest.height, newest.skipped) == (8, 7)
            graph.link("a", "b")
            following_one = await following(events)
            assert (following_one.height, following_one.skipped) == (9, 0)

    ran(body, Service.open(ledger))


def test_new_blocks_are_new_for_who_comes_later(ledger: Path) -> None:
    async def body(made: Hub) -> None:
        with focusmesh.open(ledger) as graph:
            keen = made.subscribe(BlocksWanted(after=-1))
            await following(keen)
            others = made.subscribe(QueryWanted(query=ParticleQuestion(particle="a")))
            graph.link("a", "b")
            await following(others)
            await keen.aclose()
            graph.link("a", "c")
            await following(others)
            later = asyncio.ensure_future(following(made.subscribe(BlocksWanted())))
            await asyncio.sleep(0.1)
            graph.link("a", "d")
            assert (await later).height == 3

    ran(body, Service.open(ledger))


def test_every_event_during_heavy_writes_is_of_the_height_that_it_names(ledger: Path) -> None:
    question = ContextQuestion(seeds=("a",), top=5)

    async def body(made: Hub) -> None:
        service = made._service
        with focusmesh.open(ledger) as graph:
            graph.link("a", "b")

            def write() -> None:
                for number in range(BLOCKS):
                    graph.link("a", f"b{number}", number + 2)

            writer = Thread(target=write)
            writer.start()
            wanted: list[Subscription] = [
                QueryWanted(query=question),
                ParticlesWanted(particles=("a", "b")),
            ]
            try:
                answered, moved = await asyncio.gather(*map(all_of, map(made.subscribe, wanted)))
            finally:
                await asyncio.to_thread(writer.join)
        for event in answered:
            moment = await asyncio.to_thread(service.moment, event.height)
            assert event.answer == await asyncio.to_thread(question.ask, moment)
            assert event.root == moment.root
        for event in moved:
            moment = await asyncio.to_thread(service.moment, event.height)
            scores = {item.particle: item.score for item in moment.scores(["a", "b"]).items}
            assert {one.particle: one.score for one in event.items}.items() <= scores.items()

    ran(body, Service.open(ledger))


async def all_of(events: AsyncGenerator[Any, None]) -> list[Any]:
    """Events up to the last block; a ledger keeps more, so each can be asked for afterwards."""
    told = [await following(events)]
    while told[-1].height <= BLOCKS:
        told.append(await following(events))
    return told


def test_what_cannot_be_read_is_logged_once_and_read_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "g.focusmesh"
    Moments.made(EDGES).graph.save(path)

    async def body(made: Hub) -> None:
        events = made.subscribe(QueryWanted(query=ParticleQuestion(particle="a")))
        await following(events)
        (tmp_path / "other").write_bytes(b"damaged")
        (tmp_path / "other").replace(path)
        await asyncio.sleep(0.4)
        Moments.made([*EDGES, ("a", "d")]).graph.save(path)
        assert (await following(events)).answer.links_out == 3

    ran(body, Service.open(path))
    assert len(caplog.records) == 1
    assert "cannot look" in caplog.text


def test_a_graph_file_has_no_blocks(tmp_path: Path) -> None:
    Moments.made(EDGES).graph.save(tmp_path / "g.focusmesh")

    async def body(made: Hub) -> None:
        with pytest.raises(NotThereError):
            await following(made.subscribe(BlocksWanted()))

    ran(body, Service.open(tmp_path / "g.focusmesh"))


def test_particles_are_told_when_they_move(tmp_path: Path) -> None:
    path = tmp_path / "g.focusmesh"
    Moments.made(EDGES).graph.save(path)

    async def body(made: Hub) -> None:
        events = made.subscribe(ParticlesWanted(particles=("a", "d")))
        rough = made.subscribe(ParticlesWanted(particles=("a",), threshold=0.9))
        first = await following(events)
        assert isinstance(first, ParticlesEvent)
        assert [(one.particle, one.score is None) for one in first.items] == [
            ("a", False),
            ("d", True),
        ]
        await following(rough)
        waiting = asyncio.ensure_future(following(rough))
        Moments.made([*EDGES, ("a", "d")]).graph.save(path)
        second = await following(events)
        assert second.root == focusmesh.Graph.read(path).root
        (a, d) = second.items
        assert (a.score_before, a.rank_before) == (first.items[0].score, first.items[0].rank)
        assert (d.score_before, d.rank) == (None, 4)
        assert second.bound < 1e-6
        assert not waiting.done()
        waiting.cancel()

    ran(body, Service.open(path))


def test_an_answer_is_told_again_when_it_is_another_one() -> None:
    async def body(made: Hub, moments: Moments) -> None:
        events = made.subscribe(QueryWanted(query=ContextQuestion(seeds=("a",), top=3)))
        rough = made.subscribe(QueryWanted(query=RankQuestion(), threshold=1.0))
        first = await following(events)
        assert isinstance(first, AnswerEvent)
        assert first.answer == moments.now.context(["a"], 3)
        assert sorted(map(str, first.came)) == ["a", "b", "c"]
        await following(rough)
        waiting = asyncio.ensure_future(following(rough))
        moments.now = moments.made(list(reversed(EDGES)))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        moments.now = moments.made([*EDGES, ("a", "d"), ("d", "a"), ("a", "d")])
        second = await following(events)
        assert second.answer == moments.now.context(["a"], 3)
        assert second.came == ["d"]
        assert len(second.went) == 1
        assert (await waiting).came == ["d"]

    watched(body)


def test_what_a_slow_subscriber_missed_is_counted() -> None:
    async def body(made: Hub, moments: Moments) -> None:
        slow = made.subscribe(QueryWanted(query=ParticleQuestion(particle="a")))
        fast = made.subscribe(QueryWanted(query=ParticleQuestion(particle="a")))
        assert (await following(slow)).skipped == 0
        await following(fast)
        for number in range(5):
            moments.now = moments.made([*EDGES, *(("a", f"x{one}") for one in range(number + 1))])
            assert (await following(fast)).answer.links_out == 3 + number
        last = await following(slow)
        assert (last.skipped, last.answer.links_out) == (4, 7)

    watched(body)


def test_a_question_is_worked_out_once_for_all_who_ask_it() -> None:
    asked = 0

    class Counted(RankQuestion, frozen=True, kw_only=True, tag="counted"):
        def ask(self, moment: Moment, progress: Any = None) -> Any:
            nonlocal asked
            asked += 1
            return super().ask(moment, progress)

    async def body(made: Hub, moments: Moments) -> None:
        events = [made.subscribe(QueryWanted(query=Counted())) for _ in range(50)]
        await asyncio.gather(*map(following, events))
        assert asked == 1
        moments.now = moments.made([*EDGES, ("a", "d")])
        await asyncio.gather(*map(following, events))
        assert asked == 2
        await asyncio.gather(*(one.aclose() for one in events))
        assert made.subscription_count == 0

    watched(body)


def test_work_that_nobody_waits_for_is_given_up_and_asked_again_by_who_comes() -> None:
    ended = asyncio.Event()
    loop: Any = None

    class Endless(RankQuestion, frozen=True, kw_only=True, tag="endless"):
        def ask(self, moment: Moment, progress: Any = None) -> Any:
            try:
                while True:
                    progress(None)
            finally:
                loop.call_soon_threadsafe(ended.set)

    async def body(made: Hub, moments: Moments) -> None:
        nonlocal loop
        loop = asyncio.get_running_loop()
        for _ in range(2):
            waiting = asyncio.ensure_future(following(made.subscribe(QueryWanted(query=Endless()))))
            await asyncio.sleep(0.05)
            waiting.cancel()
            await asyncio.wait_for(ended.wait(), SECONDS)
            ended.clear()

    watched(body)


def test_trouble_is_told_once_and_goes_away() -> None:
    async def body(made: Hub, moments: Moments) -> None:
        query = ParticleQuestion(particle="d")
        with pytest.raises(UnknownParticleError):
            await following(made.subscribe(QueryWanted(query=query)))
        moments.now = moments.made([*EDGES, ("a", "d")])
        events = made.subscribe(QueryWanted(query=query))
        assert (await following(events)).answer.rank == 4
        moments.now = moments.made(EDGES)
        gone = await following(events)
        assert (gone.answer, gone.trouble.code) == (None, "unknown-name")
        moments.now = moments.made([*EDGES, ("b", "a")])
        await asyncio.sleep(0.15)
        moments.now = moments.made([*EDGES, ("a", "d")])
        back = await following(events)
        assert (back.trouble, back.answer.particle) == (None, "d")

    watched(body)


def test_a_recall_stays_live(letters_by_name: Service) -> None:
    async def body(made: Hub) -> None:
        wanted = QueryWanted(query=RecallQuestion(question="first letter", top=2))
        event = await following(made.subscribe(wanted))
        assert event.answer.items[0].particle == "alpha"

    ran(body, letters_by_name)


@pytest.fixture
def letters_by_name(tmp_path: Path) -> Service:
    graph = focusmesh.Graph.from_edges(["alpha", "beta"], ["beta", "gamma"])
    graph.set_text("alpha", "the first letter of all")
    graph.save(tmp_path / "letters.focusmesh")
    return Service.open(tmp_path / "letters.focusmesh")


def test_a_hub_that_stops_ends_what_was_subscribed_to() -> None:
    async def body(made: Hub, _: Moments) -> None:
        events = made.subscribe(QueryWanted(query=RankQuestion()))
        await following(events)
        waiting = asyncio.ensure_future(following(events))
        await asyncio.sleep(0.05)
        await made.stop()
        with pytest.raises(StopAsyncIteration):
            await waiting
        with pytest.raises(UnavailableError):
            await following(made.subscribe(ParticlesWanted(particles=("a",))))

    watched(body)


def test_too_many_particles_are_refused() -> None:
    async def body(made: Hub, _: Moments) -> None:
        for names in ((), tuple(range(1_001))):
            with pytest.raises(ParameterError, match="name 1 to"):
                await following(made.subscribe(ParticlesWanted(particles=names)))

    watched(body)
