"""Whoever imports a chain has its genesis, and with it every limit, from a stranger."""

from __future__ import annotations

from typing import Any

import pytest

from focusmesh.errors import BlockError
from focusmesh.kernel.block import Genesis
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.compression import compress, decompress
from tests.kernel.block.ledger import genesis


def changed(**fields: Any) -> bytes:
    whole = decode(genesis().encode())
    parameters = {name: fields.pop(name) for name in set(fields) & set(whole["parameters"])}
    return encode(whole | fields | {"parameters": whole["parameters"] | parameters})


@pytest.mark.parametrize(
    "field", ["signal_bytes_max", "block_bytes_max", "blob_bytes_max", "operations_max"]
)
@pytest.mark.parametrize("limit", [2**30 + 1, 2**63 - 1, 2**64 - 1])
def test_limits_are_limited(field: str, limit: int) -> None:
    assert getattr(Genesis.decode(changed(**{field: 2**30})).parameters, field) == 2**30
    with pytest.raises(BlockError, match=field) as refused:
        Genesis.decode(changed(**{field: limit}))
    assert refused.value.code == "genesis"


@pytest.mark.parametrize("time", [-1, 253_402_300_800_000, 2**63])
def test_a_time_that_no_calendar_has_is_refused(time: int) -> None:
    with pytest.raises(BlockError) as refused:
        Genesis.decode(changed(time=time))
    assert refused.value.code == "genesis"


@pytest.mark.parametrize("limit", [2**31, 2**63 - 1, 2**64])
def test_a_large_limit_is_no_number_that_a_library_chokes_on(limit: int) -> None:
    content = bytes(range(256)) * 1_000
    assert decompress(compress(content), limit) == content
