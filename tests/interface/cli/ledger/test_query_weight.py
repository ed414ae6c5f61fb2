"""``focusmesh query weight``: what a neuron weighs where room is short, and how full the node is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from tests.interface.cli.conftest import Invoke


@pytest.mark.usefixtures("alice", "bob")
def test_stake_is_weight_and_links_count_from_a_mark_on(
    document: Callable[..., dict[str, Any]], invoke: Invoke, tmp_path: Path
) -> None:
    where = tmp_path / "memory"
    document("node", "init", where, "--key", "alice", "--grant", "bob=500", "--history", "4")
    new = document("query", "weight", "bob", "--ledger", where)
    assert (new["weight"], new["stake"], new["links"]) == (500, 500, 0)
    assert (new["used"], new["crowded"], new["waiting"]) == (0, 700, 0)
    for target in ("c", "b", "b", "b", "b"):
        document("tx", "link", "a", target, "100", "--ledger", where, "--key", "bob")
    found = document("query", "weight", "bob", "--ledger", where)
    # As of block 4, where b leads, and led in block 3: the 300 in the link to it count whole.
    assert (found["weight"], found["stake"], found["links"]) == (800, 500, 300)
    shown = invoke("query", "weight", "bob", "--ledger", where)
    assert f"{found['weight']:,}" in shown.stdout
