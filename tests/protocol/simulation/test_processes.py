"""Virtual time: one order of steps, processes that are killed between any two of them, paused, and gone on with."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import SimulationError
from focusmesh.protocol.simulation import KilledError, Process, SimNetwork, processes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


def seen(main: Callable[[list[Any]], Any], seed: int = 1) -> list[Any]:
    """What ``main`` noted."""
    notes: list[Any] = []
    network = SimNetwork(seed)
    network.complete(main(notes))
    network.close()
    return notes


def test_time_jumps_to_the_next_timer() -> None:
    async def main(notes: list[Any]) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(3_600)
        notes.append(loop.time())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await loop.create_future()
        notes.append(loop.time())

    assert seen(main) == [3_600.0, 3_600.5]


def test_what_is_due_together_runs_in_the_order_in_which_it_was_asked_for() -> None:
    async def main(notes: list[Any]) -> None:
        async def at(delay: float, name: str) -> None:
            await asyncio.sleep(delay)
            notes.append(name)

        names = [(0.2, "c"), (0.1, "a"), (0.2, "d"), (0.1, "b")]
        await asyncio.gather(*(at(*each) for each in names))

    assert seen(main) == ["a", "b", "c", "d"]


def test_everything_of_asyncio_that_code_uses_is_there() -> None:
    async def numbers() -> AsyncIterator[int]:
        for number in range(3):
            await asyncio.sleep(0)
            yield number

    async def main(notes: list[Any]) -> None:
        queue: asyncio.Queue[int] = asyncio.Queue(1)
        event, lock = asyncio.Event(), asyncio.Lock()

        async def put() -> None:
            async for number in numbers():
                await queue.put(number)
            event.set()

        async with asyncio.TaskGroup() as group, lock:
            group.create_task(put())
            notes += [await queue.get() for _ in range(3)]
            await event.wait()
        async for number in numbers():
            notes.append(number)
            break
        done, _ = await asyncio.wait([asyncio.ensure_future(asyncio.sleep(1, at)) for at in "abc"])
        notes.append("".join(task.result() for task in done))
        task = asyncio.ensure_future(asyncio.sleep(9))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        notes.append(task.cancelled())

    assert seen(main) == [0, 1, 2, 0, "abc", True]


def test_there_are_no_sockets_threads_or_other_processes() -> None:
    async def main(notes: list[Any]) -> None:
        for attempt in (
            lambda: asyncio.open_connection("::1", 1),
            lambda: asyncio.to_thread(print),
            lambda: asyncio.create_subprocess_exec("true"),
        ):
            with pytest.raises(NotImplementedError):
                await attempt()

    seen(main)


def counting(process: Process, notes: list[str]) -> None:
    async def count() -> None:
        try:
            for number in range(100):
                await asyncio.sleep(0.1)
                notes.append(f"{process.name} {number}")
        finally:
            notes.append(f"{process.name} cleans up")
            await asyncio.sleep(1)
            notes.append("never")

    process.spawn(count())


def test_a_killed_process_takes_no_step_more() -> None:
    network, notes = SimNetwork(1), list[str]()
    one, other = network.process("one"), network.process("other")
    counting(one, notes)
    counting(other, notes)
    network.time.run(0.25)
    one.kill()
    network.time.run(0.45)
    network.close()
    network.time.run(100)
    lives = ["one 0", "other 0", "one 1", "other 1", "one cleans up", "other 2", "other 3"]
    assert notes == [*lives, "other cleans up"]
    assert [one.errors, other.errors] == [[], []]


@pytest.mark.parametrize("steps", range(1, 12))
def test_killed_at_any_step(steps: int) -> None:
    network, notes = SimNetwork(1), list[str]()
    process = network.process("one")
    counting(process, notes)
    process.kill(steps)
    network.time.run(100)
    assert process.is_dead
    # The first step begins the coroutine; a sleep is one step of its timer and one of its task.
    assert notes == [f"one {at}" for at in range((steps - 1) // 2)] + ["one cleans up"]


def test_a_kill_may_be_taken_back() -> None:
    network, notes = SimNetwork(1), list[str]()
    process = network.process("one")
    counting(process, notes)
    process.kill(5)
    process.spare()
    network.time.run(100)
    assert len(notes) == 102


def test_killed_from_within_by_its_disk() -> None:
    network, notes = SimNetwork(1), list[str]()
    process = network.process("one")

    async def beside() -> None:
        await asyncio.sleep(1)
        notes.append("beside")

    async def writes() -> None:
        task = asyncio.ensure_future(beside())
        try:
            process.kill()
            raise KilledError
        except Exception:
            notes.append("caught")
        finally:
            del task
            process.call_soon(notes.append, "never")

    process.spawn(writes())
    network.time.run(100)
    assert (notes, process.is_dead, process.errors) == ([], True, [])


def test_a_paused_process_goes_on_with_what_came() -> None:
    network, notes = SimNetwork(1), list[str]()
    process = network.process("one")
    counting(process, notes)
    network.time.run(0.15)
    network.pause(process, "nowhere")
    network.time.run(0.95)
    assert notes == ["one 0"]
    network.resume(process, "nowhere")
    network.time.run(1.06)
    assert notes == ["one 0", "one 1", "one 2"]
    network.close()


def test_what_nobody_catches_is_kept() -> None:
    network = SimNetwork(1)
    process = network.process("one")

    async def fails() -> None:
        raise ValueError("nobody looks")

    process.spawn(fails())
    network.time.run(1)
    gc.collect()
    assert "nobody looks" in process.errors[0]


def test_going_round_in_circles_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STEPS_MAX", 1_000)

    async def main(notes: list[Any]) -> None:
        while True:
            await asyncio.sleep(0)

    with pytest.raises(SimulationError, match="goes round in circles"):
        seen(main)


def test_nothing_left_to_wait_for_is_said() -> None:
    async def main(notes: list[Any]) -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(SimulationError, match="no event is left") as found:
        seen(main)
    assert found.value.code == "stuck"


def test_sets_of_tasks_have_one_order() -> None:
    async def main(notes: list[Any]) -> None:
        async def work(name: int) -> None:
            try:
                await asyncio.sleep(Random(name).random())
            except asyncio.CancelledError:
                notes.append(name)
                raise

        async def fail() -> None:
            await asyncio.sleep(0)
            raise ValueError

        # In a list they would not move; what is thrown away between lets addresses differ.
        waste = [bytearray(1 << at % 12) for at in range(notes.count(None) * 7)]
        with suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                for name in range(40):
                    group.create_task(work(name))
                    waste.append(bytearray(100))
                group.create_task(fail())

    assert seen(main) == seen(main) == sorted(seen(main))
