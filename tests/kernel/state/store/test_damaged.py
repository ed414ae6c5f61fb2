"""A store whose pages were overwritten says that it is damaged, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import StoreError
from focusmesh.kernel.state import LmdbStore

if TYPE_CHECKING:
    from pathlib import Path

HEAD_BYTES = 8_192


def test_overwritten_pages_are_told(tmp_path: Path) -> None:
    store = LmdbStore(tmp_path)
    with store.write() as writer:
        writer.put_many("meta", [(b"%04d" % number, bytes(100)) for number in range(1_000)])
    store.close()
    file = tmp_path / "data.mdb"
    whole = file.read_bytes()
    file.write_bytes(whole[:HEAD_BYTES] + b"\xff" * (len(whole) - HEAD_BYTES))
    with pytest.raises(
        StoreError, match=r"is damaged .*: restore a backup, or import an exported chain"
    ):
        LmdbStore(tmp_path, readonly=True)
