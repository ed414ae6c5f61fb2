"""A grid that another process keeps: read as of its last commit, and changed by nobody here."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from focusmesh.apps.grid import MemoryArrayStore
from focusmesh.errors import GridError, ParameterError
from focusmesh.host.grid import GridService, KeptGrid, NewValue
from focusmesh.host.persistence import open_fanout, open_store
from focusmesh.host.settings import Settings
from focusmesh.interface.server.process.workers import verify_access

if TYPE_CHECKING:
    from pathlib import Path


def test_a_follower_reads_what_was_committed(tmp_path: Path) -> None:
    own = open_store(tmp_path, create=True)
    with (
        closing(GridService(KeptGrid.create(own, (8, 8, 8)))) as keeper,
        closing(GridService(KeptGrid.of(open_store(tmp_path), follows=True))) as follower,
    ):
        before = follower.statistics().revision
        keeper.set_value(NewValue(x=1, y=2, z=3, value=0.5))
        assert follower.value(1, 2, 3).value == 0.5
        found = follower.statistics()
        assert (found.height, found.can_write, found.can_vote) == (1, False, False)
        assert found.revision != before
        assert len(follower.history(5).items) == 2
        with pytest.raises(GridError) as raised:
            follower.set_value(NewValue(x=1, y=2, z=3, value=0.75))
        assert raised.value.code == "owner"
        assert keeper.value(1, 2, 3).value == 0.5


def test_changes_are_heard_where_nothing_is_kept() -> None:
    store, fanout = MemoryArrayStore(), open_fanout()
    keeper = GridService(KeptGrid.create(store, (8, 8, 8)), fanout=fanout)
    follower = GridService(KeptGrid.of(store, follows=True), fanout=fanout)
    heard: list[object] = []
    stop = follower.listen(heard.append)
    keeper.set_value(NewValue(x=1, y=2, z=3, value=0.5))
    fanout.close()
    fanout._listeners._thread.join(10)  # type: ignore[attr-defined]
    assert [change.operation for change in heard] == ["value"]  # type: ignore[attr-defined]
    stop()


def test_followers_may_be_many_and_keepers_may_not() -> None:
    said = {"grid.store": "lattice", "serve.workers": 2}
    with pytest.raises(ParameterError, match="or follow it"):
        verify_access(Settings.read(None, {}, said))
    following = Settings.read(None, {}, {**said, "grid.follow": True})
    verify_access(following)
    assert following.grid.follow
