"""Operations are cut into signals: in order, none lost, each within its limits, contents announced once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.kernel.session import (
    Links,
    Signer,
    Step,
    link_step,
    particle,
    property_step,
    put_step,
)
from focusmesh.kernel.state import Parameters
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import check_signature, parse

if TYPE_CHECKING:
    from focusmesh.kernel.session import OperationBatch

KEY = SigningKey(bytes(32))
NETWORK = bytes(range(32))
SMALL = Parameters(operations_max=7, signal_bytes_max=2_000)


def signer(parameters: Parameters = SMALL) -> Signer:
    return Signer(KEY, NETWORK, parameters, tip=3)


def edges(pairs: list[tuple[int, int]]) -> list[tuple[str, str]]:
    return [(f"p{a}", f"p{b}") for a, b in pairs if a != b]


def verify(batches: list[OperationBatch], wanted: list[tuple[str, str]], known: set[bytes]) -> None:
    """What any way of cutting has to keep to."""
    operations = [fields for batch in batches for fields in batch.operations]
    links = [fields[1:3] for fields in operations if fields[0] == "link/1"]
    assert links == [(digest(a.encode()), digest(b.encode())) for a, b in wanted]
    announced = set(known)
    for batch in batches:
        assert 0 < len(batch.operations) <= SMALL.operations_max
        blobs = [fields for fields in batch.operations if fields[0] == "put_blob/1"]
        assert [fields[1] for fields in blobs] == [digest(each) for each in batch.contents]
        assert [fields[2] for fields in blobs] == [len(each) for each in batch.contents]
        assert not announced & {fields[1] for fields in blobs}
        announced |= {fields[1] for fields in blobs}
        assert announced >= {end for f in batch.operations if f[0] == "link/1" for end in f[1:3]}
    packets = list(signer().packets(batches, 5, 10))
    assert all(len(packet.wire) <= SMALL.signal_bytes_max for packet in packets)
    assert [parse(packet.wire).signal.nonce for packet in packets] == list(
        range(5, 5 + len(packets))
    )


ENDS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=40)


@given(ENDS, st.sets(st.integers(0, 6)))
def test_steps_are_cut(pairs: list[tuple[int, int]], had: set[int]) -> None:
    wanted, known = edges(pairs), {digest(f"p{each}".encode()) for each in had}
    steps = [link_step(a, b, None, 1) for a, b in wanted]
    verify(list(signer().batches(steps, known.__contains__)), wanted, known)


@given(ENDS, st.sets(st.integers(0, 6)))
def test_arrays_are_cut_alike(pairs: list[tuple[int, int]], had: set[int]) -> None:
    wanted = edges(pairs)
    kept = np.array([pair for pair in pairs if pair[0] != pair[1]], dtype=np.uint32).reshape(-1, 2)
    links = Links(
        particles=[particle(f"p{at}") for at in range(7)],
        known=np.array([at in had for at in range(7)]),
        source=kept[:, 0],
        target=kept[:, 1],
        relation=np.full(len(kept), -1, dtype=np.int64),
        amount=np.ones(len(kept), dtype=np.int64),
    )
    known = {digest(f"p{each}".encode()) for each in had}
    verify(list(links.batches(SMALL)), wanted, known)


def test_a_packet_is_signed_for_its_network() -> None:
    steps = [put_step(b"words"), property_step("a", "kind", b"note")]
    (batch,) = signer(Parameters()).batches(steps, lambda _: False)
    (packet,) = signer(Parameters()).packets([batch], 0, 7)
    signed = parse(packet.wire)
    check_signature(signed)
    assert (signed.signal.network, signed.signal.tip) == (NETWORK, 3)
    assert signed.signal.expires_height > 7
    assert packet.contents == (b"words", b"a")
    assert Packet.decode(packet.encode()) == packet
    assert packet.id == signed.id


def test_contents_of_a_signal_are_bounded() -> None:
    contents = [bytes([number]) * (1 << 20) for number in range(40)]
    batches = list(signer(Parameters()).batches(map(put_step, contents), lambda _: False))
    assert len(batches) == 3
    assert max(sum(map(len, batch.contents)) for batch in batches) <= 1 << 24


def test_an_operation_that_no_signal_holds_is_refused() -> None:
    step = Step(("set_property/1", bytes(32), "name", bytes(3_000)))
    with pytest.raises(SignalError) as refused:
        list(signer().batches([step], lambda _: False))
    assert refused.value.code == "size"


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x82\x01\x80", b"\x82\x41x\x81\x01", b"\x83"])
def test_bytes_that_are_no_packet_are_refused(data: bytes) -> None:
    with pytest.raises(SignalError) as refused:
        Packet.decode(data)
    assert refused.value.code == "malformed"
