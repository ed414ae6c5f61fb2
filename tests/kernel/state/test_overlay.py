"""What one block changes: it is taken back to any mark, and reads one moment whatever was read before."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.kernel.state import (
    NO_RELATION,
    Account,
    MemoryStore,
    Parameters,
    State,
    StateOverlay,
    account_key,
    link_key,
    read_account,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.kernel.state import Writer

KEYS = [b"/kv/%d" % number for number in range(4)]
ENDS = [bytes([number]) * 32 for number in range(3)]

steps = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(KEYS), st.binary(min_size=1, max_size=2)),
    st.tuples(st.just("delete"), st.sampled_from(KEYS)),
    st.tuples(st.just("put_content"), st.sampled_from(ENDS), st.binary(max_size=2)),
    st.tuples(st.just("drop_content"), st.sampled_from(ENDS)),
    st.tuples(
        st.just("add_link"),
        st.sampled_from(ENDS),
        st.sampled_from(ENDS),
        st.sampled_from(ENDS),
        st.sampled_from([b"", ENDS[0]]),
        st.integers(-3, 3),
    ),
    st.tuples(st.just("account"), st.sampled_from(ENDS), st.integers(0, 3)),
)


def begun() -> StateOverlay:
    return State(MemoryStore(), Parameters()).begin(0, 0, b"")


def do(working: StateOverlay, step: tuple[Any, ...]) -> None:
    name, *fields = step
    if name == "account":
        working.accounts.put(fields[0], Account(balance=fields[1]))
    else:
        getattr(working, name)(*fields)


def seen(working: StateOverlay) -> tuple[Any, ...]:
    return (
        dict(working.entries),
        dict(working.links),
        dict(working.contents),
        [working.accounts.get(neuron) for neuron in ENDS],
        working.accounts.supply,
    )


@given(st.lists(steps, max_size=8), st.lists(steps, max_size=8))
def test_undo_goes_back_to_the_mark(before: list[Any], after: list[Any]) -> None:
    working = begun()
    for step in before:
        do(working, step)
    mark, then = working.mark(), seen(working)
    for step in after:
        do(working, step)
    working.undo(mark)
    assert seen(working) == then
    working.undo(0)
    assert seen(working) == seen(begun())


def test_links_of_a_block_add_up() -> None:
    working = begun()
    a, b, c = ENDS
    working.add_link(c, a, b, b"", 5)
    working.add_link(c, a, b, NO_RELATION, 2)
    working.add_link(c, a, b, c, 3)
    assert (working.amount(c, a, b), working.amount(c, a, b, c)) == (7, 3)
    assert working.links == {link_key(c, a, b, b""): 7, link_key(c, a, b, c): 3}
    working.add_link(c, a, b, b"", -7)
    assert (working.amount(c, a, b), working.amount(c, a, b, c)) == (0, 3)


def test_an_empty_value_is_no_value() -> None:
    with pytest.raises(ValueError, match="empty"):
        begun().put(KEYS[0], b"")


def test_settling_writes_accounts_and_ends_undo() -> None:
    working = begun()
    working.accounts.put(ENDS[0], Account(balance=5))
    working.accounts.put(ENDS[1], None)
    assert working.entries == {}
    working.settle()
    assert working.entries == {
        account_key(ENDS[0]): Account(balance=5).encode(),
        account_key(ENDS[1]): None,
    }
    working.undo(0)
    assert read_account(working.get, ENDS[0]) == Account(balance=5)


def test_a_block_that_is_not_committed_leaves_nothing_at_hand() -> None:
    """What the last blocks wrote is kept in memory; a transaction that fails must not be among it."""
    state = State(MemoryStore(), Parameters())
    working = state.begin(0, 0, b"")
    working.put(KEYS[0], b"first")
    with state.transition(working):
        pass
    failing = state.begin(1, 0, b"")
    failing.put(KEYS[0], b"second")
    with pytest.raises(RuntimeError), state.transition(failing):
        raise RuntimeError
    assert state.begin(1, 0, b"").get(KEYS[0]) == b"first"
    assert state.height == 0


class InterruptedStore(MemoryStore):
    """Is interrupted just after a commit, where ``is_interrupted`` says so."""

    is_interrupted = False

    @contextmanager
    def write(self) -> Iterator[Writer]:
        with super().write() as writer:
            yield writer
        if self.is_interrupted:
            raise KeyboardInterrupt


def test_an_interrupt_after_the_commit_leaves_no_old_value_at_hand() -> None:
    store = InterruptedStore()
    state = State(store, Parameters())
    for height, value in enumerate((b"first", b"second")):
        store.is_interrupted = height == 1
        working = state.begin(height, 0, b"")
        working.put(KEYS[0], value)
        with suppress(KeyboardInterrupt), state.transition(working):
            pass
    assert state.begin(2, 0, b"").get(KEYS[0]) == b"second"


def test_what_is_deleted_stays_deleted_in_the_next_block() -> None:
    state = State(MemoryStore(), Parameters())
    for height, change in enumerate(("put", "delete")):
        working = state.begin(height, 0, b"")
        getattr(working, change)(KEYS[0], *([b"value"] if change == "put" else []))
        with state.transition(working):
            pass
    assert state.begin(2, 0, b"").get(KEYS[0]) is None
    state.refresh()
    assert state.begin(2, 0, b"").get(KEYS[0]) is None
