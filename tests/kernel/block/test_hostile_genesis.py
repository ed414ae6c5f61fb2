"""Whoever imports a chain has its genesis, and with it every limit, from a stranger."""

from __future__ import annotations

from typing import Any

import pytest

from focusmesh.errors import BlockError
from focusmesh.kernel.block import Genesis
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.compression import compress, decompress
from focusmesh.protocol.signal import OPERATIONS_MAX, SIGNAL_BYTES_MAX
from tests.kernel.block.ledger import genesis


def changed(**fields: Any) -> bytes:
    whole = decode(genesis().encode())
    parameters = {name: fields.pop(name) for name in set(fields) & set(whole["parameters"])}
    return encode(whole | fields | {"parameters": whole["parameters"] | parameters})


@pytest.mark.parametrize(
    ("field", "most"),
    [
        ("operations_max", OPERATIONS_MAX),
        ("signal_bytes_max", SIGNAL_BYTES_MAX),
        ("block_bytes_max", 2**30),
        ("blob_bytes_max", 2**30),
    ],
)
@pytest.mark.parametrize("limit", [None, 2**63 - 1, 2**64 - 1])
def test_limits_are_limited(field: str, most: int, limit: int | None) -> None:
    assert getattr(Genesis.decode(changed(**{field: most})).parameters, field) == most
    with pytest.raises(BlockError, match=field) as refused:
        Genesis.decode(changed(**{field: most + 1 if limit is None else limit}))
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
