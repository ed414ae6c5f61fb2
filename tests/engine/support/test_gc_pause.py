"""The collector rests while a block runs, and is afterwards what it was."""

from __future__ import annotations

import gc
from threading import Event, Thread

import pytest

from focusmesh.engine.support.gc_pause import collector_at_rest


def test_it_rests_within_blocks_only() -> None:
    assert gc.isenabled()
    with collector_at_rest():
        assert not gc.isenabled()
        with collector_at_rest():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_exception_wakes_it() -> None:
    with pytest.raises(ValueError, match="out"), collector_at_rest():
        raise ValueError("out")
    assert gc.isenabled()


def test_who_has_switched_it_off_keeps_it_off() -> None:
    gc.disable()
    try:
        with collector_at_rest():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_it_wakes_when_the_last_thread_is_done() -> None:
    inside, leave = Event(), Event()

    def work() -> None:
        with collector_at_rest():
            inside.set()
            leave.wait(10)

    thread = Thread(target=work)
    thread.start()
    assert inside.wait(10)
    with collector_at_rest():
        pass
    assert not gc.isenabled()
    leave.set()
    thread.join(10)
    assert gc.isenabled()
