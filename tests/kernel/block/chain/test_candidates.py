"""Candidates: blocks that are made, judged and dropped on branches leave the store that a plain chain has."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from focusmesh.errors import BlockError, FocusmeshError, StoreError
from focusmesh.ids import digest
from focusmesh.kernel.block import Candidates, Chain
from focusmesh.kernel.block.chain import candidates
from focusmesh.kernel.block.chain.stored_chain import UNDO_DEPTH, KeptChain
from focusmesh.kernel.focus import ChainFocus
from focusmesh.kernel.state import (
    TABLES,
    LayeredStore,
    LmdbStore,
    MemoryStore,
    Particles,
    State,
)
from tests.kernel.block.ledger import KEYS, PROPOSER, REGISTRY, genesis
from tests.kernel.block.scripts import Script

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.kernel.block import Block
    from focusmesh.kernel.state import Store, Writer


MOVES = st.lists(
    st.tuples(st.sampled_from(["make", "judge", "decide", "abandon", "take"]), st.integers(0, 99)),
    min_size=4,
    max_size=12,
)


def records(store: Store) -> dict[str, list[tuple[bytes, bytes]]]:
    """Everything that a store has."""
    with store.read() as reader:
        return {table: list(reader.scan(table)) for table in TABLES}


@pytest.fixture(params=["memory", "lmdb"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A new store of each kind at every call."""
    numbers = iter(range(10_000))
    kind = str(request.param)

    def made() -> Store:
        return MemoryStore() if kind == "memory" else LmdbStore(tmp_path / str(next(numbers)))

    return made


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=MOVES, interval=st.sampled_from([1, 2]))
def test_any_script_leaves_what_a_plain_chain_has(
    make_store: Any, moves: list[tuple[str, int]], interval: int
) -> None:
    began = genesis(version=2, focus_interval=interval, history_window=3)
    with Script(make_store, began) as script:
        for move, choice in moves:
            script.play(move, choice)
        script.play("make", 1)
        script.play("decide", 0)
        assert records(script.store) == records(plain(script))
        assert script.candidates.final == script.decided[-1][0].header


def linked(script: Script) -> Block:
    """A block on the newest one that the script made."""
    script.play("make", len(script.made))
    return list(script.made.values())[-1][0]


def test_many_blocks_back_the_focus_is_read_again() -> None:
    began = genesis(version=2)
    with Script(MemoryStore, began) as script:
        blocks = [linked(script) for _ in range(UNDO_DEPTH + 3)]
        assert blocks[-1].header.height == UNDO_DEPTH + 3
        script.play("make", 2)
        branch = list(script.made.values())[-1][0]
        assert branch.header.parent == blocks[1].id
        script.decide(branch)
        assert records(script.store) == records(plain(script))
        assert script.candidates.block(blocks[3].id) is None
        with pytest.raises(BlockError) as found:
            script.candidates.make(blocks[3].id, [], 10_000, PROPOSER)
        assert found.value.code == "absent"


def test_what_was_not_decided_is_gone_with_the_process() -> None:
    with Script(MemoryStore, genesis(version=2)) as script:
        first, second = linked(script), linked(script)
        script.decide(first)
        again = Candidates(script.store, REGISTRY)
        assert again.final == first.header
        assert again.block(second.id) is None
        with pytest.raises(BlockError) as found:
            again.decide(second.id)
        assert found.value.code == "absent"
        again.take([(second, script.made[second.id][1][1])])
        script.decide(second)
        assert again.decided.tip == script.candidates.final


class Failing(MemoryStore):
    """A store that cannot be written where ``fails``, or that commits and then says that it has failed."""

    fails = ""

    @contextmanager
    def write(self) -> Iterator[Writer]:
        with super().write() as writer:
            yield writer
            if self.fails == "before":
                raise StoreError("the disk is full")
        if self.fails == "behind":
            raise StoreError("nobody knows")


@pytest.mark.parametrize("fails", ["before", "behind"])
def test_what_could_not_be_written_is_decided_again(fails: str) -> None:
    with Script(Failing, genesis(version=2)) as script:
        first, second = linked(script), linked(script)
        assert isinstance(script.store, Failing)
        script.store.fails = fails
        with pytest.raises(StoreError):
            script.candidates.decide(first.id)
        script.store.fails = ""
        assert script.candidates.make(second.id, [], 10_000, PROPOSER).block is not None
        script.decide(second)
        assert [block for block, _ in script.decided] == [first, second]
        assert records(script.store) == records(plain(script))


@pytest.mark.parametrize(
    ("owner", "method"),
    [(LayeredStore, "settle"), (LayeredStore, "drop"), (Chain, "settle"), (Chain, "follow")],
)
def test_an_interrupt_behind_a_step_is_found_out(
    monkeypatch: pytest.MonkeyPatch, owner: type[object], method: str
) -> None:
    with Script(MemoryStore, genesis(version=2)) as script:
        first, second = linked(script), linked(script)
        done = getattr(owner, method)

        def interrupt(*arguments: object) -> None:
            done(*arguments)
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(owner, method, interrupt)
            act = script.candidates.abandon if method == "drop" else script.candidates.decide
            with pytest.raises(KeyboardInterrupt):
                act(*(() if method == "drop" else (first.id,)))
        final = script.candidates.decided.header(script.candidates.decided.state.height)
        parent = first.id if method != "drop" else final.id
        assert script.candidates.make(parent, [], 10_000, PROPOSER).block is not None
        if method == "drop":
            return
        script.decided = [(first, script.made[first.id][1][1])]
        script.candidates.decide(second.id)
        script.decided.append((second, script.made[second.id][1][1]))
        assert records(script.store) == records(plain(script))


def test_content_that_an_undecided_block_forgets_is_there_until_it_is_decided() -> None:
    with Script(MemoryStore, genesis(version=2)) as script:
        script.turn = 0
        first = linked(script)  # puts content 1
        script.decide(first)
        text = b"content 1"
        script.turn = 3
        second = linked(script)  # forgets it
        state = script.candidates.decided.state
        with state.at() as view:
            assert view.content(digest(text)) == text
        script.candidates.decide(second.id)
        with state.at() as view:
            assert view.content(digest(text)) is None


def test_late_content_goes_below_the_layers() -> None:
    with Script(MemoryStore, genesis(version=2)) as script:
        signals, contents = script.signals({key.public: 0 for key in KEYS}, turn=1)
        final = script.candidates.final
        made = script.candidates.make(final.id, signals, 2_000, PROPOSER, contents)
        assert made.block is not None
        script.candidates.decide(made.block.id)
        (name,) = contents
        with script.store.write() as writer:
            writer.delete_many("contents", [name])
        open_ = script.candidates.make(made.block.id, [], 2_000, PROPOSER).block
        assert open_ is not None
        script.candidates.decided.state.keep(contents)
        State(LayeredStore(script.store), script.candidates.parameters).keep(contents)
        with script.store.read() as reader:
            assert reader.get("contents", name) == contents[name]
        script.candidates.decide(open_.id)
        assert script.candidates.final == open_.header


def fork(script: Script) -> bool:
    """Blocks on two branches, the second of which is decided; whether that leaves what a plain chain has."""
    for _ in range(2):
        linked(script)
    script.play("make", 0)
    script.play("make", len(script.made))
    script.decide(list(script.made.values())[-1][0])
    return records(script.store) == records(plain(script))


def test_a_fork_leaves_nothing_of_the_branch_that_was_left() -> None:
    with Script(MemoryStore, genesis(version=2)) as script:
        assert fork(script)


def _nothing(*arguments: object) -> None:
    """A step that is left out."""


@pytest.mark.parametrize(
    ("owner", "method"),
    [
        (Particles, "_forget_beyond"),
        (KeptChain, "follow"),
        (ChainFocus, "undo"),
        (LayeredStore, "drop"),
    ],
)
def test_each_step_back_matters(
    monkeypatch: pytest.MonkeyPatch, owner: type[object], method: str
) -> None:
    with Script(MemoryStore, genesis(version=2)) as script:
        monkeypatch.setattr(owner, method, _nothing)
        try:
            same = fork(script)
        except (FocusmeshError, LookupError, ValueError):
            same = False
        monkeypatch.undo()
        assert not same


def plain(script: Script) -> MemoryStore:
    """What a plain chain has that accepted the decided blocks."""
    store = MemoryStore()
    chain = Chain.create(store, script.candidates.decided.genesis, REGISTRY)
    for block, contents in script.decided:
        chain.accept(block, contents)
    return store


@pytest.mark.parametrize(("most", "bytes_most"), [(3, 1 << 26), (1_000, 4_000)])
def test_of_what_was_taken_and_not_decided_a_few_blocks_are_kept(
    monkeypatch: pytest.MonkeyPatch, most: int, bytes_most: int
) -> None:
    """What was judged is not let go of, nor what it follows: a later round may be about it."""
    monkeypatch.setattr(candidates, "TAKEN_MAX", most)
    monkeypatch.setattr(candidates, "TAKEN_BYTES_MAX", bytes_most)
    with Script(MemoryStore, genesis(version=2)) as script:
        first, (_, contents) = script._made_by(script.other, 0)
        assert script.candidates.beyond([(first, contents)])[0] == 1
        script.made.clear()
        signals, given = script.signals(script._nonces(first.id))
        made = script.other.make(first.id, signals, 10_000, PROPOSER, given).block
        assert made is not None
        script.candidates.judge(made, first.id, signals, given)
        taken = []
        for _ in range(20):
            script.turn += 1
            block, (_, contents) = script._made_by(script.other, 0)
            script.made.clear()
            assert script.candidates.beyond([(block, contents)])[0] == 1
            taken.append(block)
        kept = [block for block in taken if script.candidates.block(block.id)]
        assert taken[-1] in kept
        assert len(kept) <= most
        assert sum(len(block.body) for block in kept) <= bytes_most
        assert len(kept) < 20
        for block in (first, made):
            assert script.candidates.block(block.id)
        script.candidates.decide(made.id)
        assert script.candidates.final == made.header


def rounds_that_nobody_decides(script: Script, count: int) -> list[Block]:
    """Blocks of as many rounds, all on the last decided one, judged one after the other."""
    judged = []
    for number in range(count):
        script.turn += 1
        parent = script.candidates.final.id
        signals, given = script.signals(script._nonces(parent))
        made = script.other.make(parent, signals, 10_000 + number, PROPOSER, given).block
        assert made is not None
        script.candidates.judge(made, parent, signals, given)
        judged.append(made)
    return judged


@pytest.mark.parametrize(("most", "bytes_most"), [(3, 1 << 28), (1_000, 8_000), (1_000, 1 << 28)])
def test_of_what_was_judged_in_rounds_that_nobody_decides_the_last_are_kept(
    monkeypatch: pytest.MonkeyPatch, most: int, bytes_most: int
) -> None:
    """And what they follow: a leader that moves a block a round fills no memory. The last case has no such bound."""
    monkeypatch.setattr(candidates, "JUDGED_MAX", most)
    monkeypatch.setattr(candidates, "JUDGED_BYTES_MAX", bytes_most)
    with Script(MemoryStore, genesis(version=2)) as script:
        judged = rounds_that_nobody_decides(script, 12)
        kept = [block for block in judged if script.candidates.block(block.id)]
        if (most, bytes_most) == (1_000, 1 << 28):
            assert kept == judged
            return
        assert judged[-1] in kept
        assert 0 < len(kept) < 12
        assert len(kept) <= most
        assert sum(len(block.body) for block in kept) <= bytes_most
        # One that is decided although it was let go of is missing here, as if it had never come.
        with pytest.raises(BlockError) as error:
            script.candidates.decide(judged[0].id)
        assert error.value.code == "absent"
        assert [block.id for block in script.candidates.take([(judged[0], None)])] == [judged[0].id]


def test_what_the_last_rounds_follow_is_not_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "JUDGED_MAX", 4)
    with Script(MemoryStore, genesis(version=2)) as script:
        (base,) = rounds_that_nobody_decides(script, 1)
        for number in range(10):
            signals, given = script.signals(script._nonces(base.id))
            made = script.other.make(base.id, signals, 20_000 + number, PROPOSER, given).block
            assert made is not None
            script.candidates.judge(made, base.id, signals, given)
        assert script.candidates.block(base.id)
        assert made is not None
        script.candidates.decide(made.id)
        assert script.candidates.final == made.header
