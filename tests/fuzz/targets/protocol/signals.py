"""Signals on the wire and their operations: what is read is written again to the byte, all else is refused."""

from __future__ import annotations

from contextlib import suppress

from focusmesh.errors import SignalError
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import SIGNATURE_BYTES
from focusmesh.protocol.signal import check_signature, parse
from tests.fuzz.cost import NARROW
from tests.fuzz.target import Structure, Target
from tests.kernel.block.ledger import KEYS, REGISTRY, Ledger, particle

_OPERATIONS_MAX = 100


def check(data: bytes) -> bool:
    try:
        signed = parse(data, operations_max=_OPERATIONS_MAX)
    except SignalError:
        return False
    assert signed.signature + signed.signal.encode() == signed.wire == data
    assert 0 < len(signed.signal.operations) <= _OPERATIONS_MAX
    with suppress(SignalError):
        check_signature(signed)
    with suppress(SignalError):
        read = REGISTRY.read(signed.signal.operations)
        assert [operation.as_fields() for operation in read] == list(signed.signal.operations)
    return True


def seeds() -> list[bytes]:
    ledger, key = Ledger(), KEYS[1]
    mark = particle("a"), particle("b"), particle("cites")
    operations: list[list[object]] = [
        ["link/1", *mark, 10],
        ["link_program/1", "#Link{0,1}", mark[0] + mark[1], mark[2], 10, 1, 1],
        ["unlink/1", *mark],
        ["put_blob/1", mark[0], 7],
        ["forget/1", mark[0], b""],
        ["set_property/1", mark[0], "title", b"text"],
        ["rotate_key/1", KEYS[2].public, bytes(64)],
        ["transfer/1", KEYS[2].public, 5],
        ["stake/1", 5],
        ["unstake/1", 5],
        ["burn/1", 5],
        ["mint/1", KEYS[2].public, 5],
    ]
    assert len(REGISTRY.read(operations)) == len(REGISTRY.names)
    signals = [ledger.signed(key, operation, tip=1) for operation in operations]
    return [signed.wire for signed in (*signals, ledger.signed(key, *operations))]


def _read(data: bytes) -> list[object]:
    return [data[:SIGNATURE_BYTES], decode(data[SIGNATURE_BYTES:])]


def _write(value: list[object]) -> bytes:
    signature, fields = value
    assert isinstance(signature, bytes)
    return signature + encode(fields)  # type: ignore[arg-type]  # encode refuses what has no form


TARGET = Target(check, seeds, Structure(_read, _write), NARROW)
