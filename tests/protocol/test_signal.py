"""Signals: what is signed, what parses, what is refused and with which code."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from focusmesh.errors import CodecError, SignalError
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.ids import digest
from focusmesh.kernel.runtime import Operation
from focusmesh.protocol.codec import Cid, encode
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.signal import (
    AMOUNT_MAX,
    SIGNAL_DOMAIN,
    Signal,
    check_signature,
    parse,
    sign,
)
from focusmesh.protocol.signal_head import read_head
from tests.memory import peak_bytes

KEY = SigningKey.generate(bytes(range(32)))
OTHER_KEY = SigningKey.generate(bytes(range(1, 33)))
NETWORK = digest(b"network")
LINK = ("link/1", digest(b"a"), digest(b"b"), b"", 12_345)
SIGNAL = Signal(
    network=NETWORK, neuron=KEY.public, nonce=7, expires_height=100, tip=3, operations=(LINK,)
)
WIRE = sign(SIGNAL, KEY)
FIELDS = {name: getattr(SIGNAL, name) for name in SIGNAL.__struct_fields__} | {
    "operations": [list(LINK)]
}

NUMBERS = st.integers(0, AMOUNT_MAX)
OPERATIONS = st.tuples(
    st.text(max_size=12), NUMBERS | st.binary(max_size=40) | st.text(max_size=9) | st.booleans()
)
SIGNALS = st.builds(
    Signal,
    network=st.binary(min_size=32, max_size=32),
    neuron=st.just(KEY.public),
    nonce=NUMBERS,
    expires_height=NUMBERS,
    tip=NUMBERS,
    operations=st.lists(OPERATIONS, min_size=1, max_size=5).map(tuple),
)


def wire_of(fields: Any) -> bytes:
    """A wire form with any content, rightly signed."""
    body = encode(fields)
    return KEY.sign(SIGNAL_DOMAIN, digest(body)) + body


@given(signal=SIGNALS)
def test_what_is_signed_parses_to_the_same(signal: Signal) -> None:
    wire = sign(signal, KEY)
    signed = parse(wire)
    assert signed.signal == signal
    assert signed.id == digest(signal.encode())
    assert (signed.signature + signal.encode(), signed.wire) == (wire, wire)
    check_signature(signed)


def test_known_bytes() -> None:
    """The form that the reference shows; whoever changes it changes the version."""
    assert WIRE[64:77] == b"\xa7\x63tip\x03\x65nonce\x07"
    assert parse(WIRE).id.hex() == (
        "7b5e25882eb9eda256c41d081fefa127a48f1521c869d291d29870fbc34c94d9"
    )
    assert digest(WIRE).hex() == (
        "631b8bc45da1e9c4e76a9b603a29b347697c3061e33583937e6df14f49f3e009"
    )


@given(at=st.integers(0, len(WIRE) - 1), bit=st.integers(0, 7))
@example(at=0, bit=0)
@example(at=63, bit=7)
@example(at=len(WIRE) - 1, bit=0)
def test_no_bit_can_be_changed(at: int, bit: int) -> None:
    changed = bytearray(WIRE)
    changed[at] ^= 1 << bit
    with pytest.raises(SignalError) as caught:
        check_signature(parse(bytes(changed)))
    assert caught.value.code in {"signature", "malformed"}


@given(wire=st.binary(max_size=200) | st.binary(max_size=150).map(lambda tail: WIRE[:80] + tail))
def test_bytes_that_are_no_signal(wire: bytes) -> None:
    with pytest.raises(SignalError) as caught:
        parse(wire)
    assert caught.value.code == "malformed"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"version": 2}, "version 2"),
        ({"version": True}, "version True"),
        ({"version": 1.0}, "version 1.0"),
        ({"nonce": -1}, "nonce"),
        ({"nonce": True}, "nonce"),
        ({"nonce": 7.0}, "nonce"),
        ({"tip": 2**63}, "tip"),
        ({"expires_height": None}, "expires_height"),
        ({"network": bytes(31)}, "network"),
        ({"network": "a" * 32}, "network"),
        ({"neuron": bytes(33)}, "neuron"),
        ({"operations": []}, "at least one"),
        ({"operations": {"a": 1}}, "at least one"),
        ({"operations": b"a"}, "at least one"),
        ({"operations": ["link/1"]}, "operation 0"),
        ({"operations": [[]]}, "operation 0"),
        ({"operations": [list(LINK), [b"link/1"]]}, "operation 1"),
        ({"operations": [["link/1", 0.5]]}, "not an integer, bytes"),
        ({"operations": [["link/1", None]]}, "not an integer, bytes"),
        ({"operations": [["link/1", Cid(0x55, 0x12, bytes(32))]]}, "not an integer, bytes"),
        ({"operations": [["link/1", []]]}, "within each other"),
        ({"extra": 1}, "has the fields"),
    ],
)
def test_other_forms_are_malformed(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(SignalError, match=fault) as caught:
        parse(wire_of(FIELDS | change))
    assert caught.value.code == "malformed"


@pytest.mark.parametrize("name", FIELDS)
def test_no_field_may_lack(name: str) -> None:
    with pytest.raises(SignalError, match="has the fields"):
        parse(wire_of({key: value for key, value in FIELDS.items() if key != name}))


@pytest.mark.parametrize("value", [[], 1, None, "signal", [1, 2]])
def test_a_signal_is_a_map(value: Any) -> None:
    with pytest.raises(SignalError, match="has the fields"):
        parse(wire_of(value))


def test_non_canonical_bytes_are_malformed_though_signed() -> None:
    longer = WIRE[64:].replace(b"\x63tip\x03", b"\x63tip\x18\x03")
    with pytest.raises(SignalError, match="more bytes than it needs") as caught:
        parse(KEY.sign(SIGNAL_DOMAIN, digest(longer)) + longer)
    assert caught.value.code == "malformed"
    with pytest.raises(SignalError, match="1 bytes follow"):
        parse(WIRE + b"\0")


def test_size_limits() -> None:
    with pytest.raises(SignalError, match="at most") as caught:
        parse(WIRE, bytes_max=len(WIRE) - 1)
    assert caught.value.code == "size"
    two = sign(msgspec.structs.replace(SIGNAL, operations=(LINK, LINK)), KEY)
    assert len(parse(two, operations_max=2).signal.operations) == 2
    with pytest.raises(SignalError, match="2 operations") as caught:
        parse(two, operations_max=1)
    assert caught.value.code == "size"


def test_a_key_signs_for_its_own_neuron() -> None:
    with pytest.raises(SignalError) as caught:
        sign(SIGNAL, OTHER_KEY)
    assert caught.value.code == "key"


def test_what_would_not_parse_is_not_signed() -> None:
    for change in ({"nonce": -1}, {"operations": ()}, {"operations": (("link/1", 0.5),)}):
        with pytest.raises(SignalError, match="signal"):
            sign(msgspec.structs.replace(SIGNAL, **change), KEY)
    with pytest.raises(CodecError):
        sign(msgspec.structs.replace(SIGNAL, tip=2**70), KEY)


def test_a_signature_under_another_domain_is_none() -> None:
    """The must-fail twin: what any other purpose signed of the same digest opens nothing here."""
    body = SIGNAL.encode()
    for domain in (b"focusmesh/block/1\0", b"focusmesh/signal/2\0"):
        with pytest.raises(SignalError) as caught:
            check_signature(parse(KEY.sign(domain, digest(body)) + body))
        assert caught.value.code == "signature"


def test_a_digest_that_looks_like_a_link_can_be_linked() -> None:
    odd = b"\x01\x55\x12\x1c" + bytes(28)
    signal = msgspec.structs.replace(SIGNAL, operations=(("link/1", odd, LINK[2], b"", 1),))
    assert parse(sign(signal, KEY)).signal == signal
    tagged = wire_of(FIELDS)[64:].replace(
        b"\x58\x20" + LINK[1], b"\xd8\x2a\x58\x25\x00\x01\x55\x12\x20" + LINK[1]
    )
    with pytest.raises(SignalError, match="not an integer, bytes"):
        parse(KEY.sign(SIGNAL_DOMAIN, digest(tagged)) + tagged)


def test_another_network_is_known_before_operations_are_read() -> None:
    assert parse(WIRE, network=NETWORK).signal == SIGNAL
    body = SIGNAL.encode()
    broken = body.replace(b"\x66link/1", b"\xff" * 7)
    for wire in (WIRE, WIRE[:64] + broken):
        with pytest.raises(SignalError) as refused:
            parse(wire, network=digest(b"another"))
        assert refused.value.code == "network"
    with pytest.raises(SignalError, match="canonical") as refused:
        parse(WIRE[:64] + broken, network=NETWORK)
    assert refused.value.code == "malformed"


def test_one_of_another_form_is_of_no_network_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("focusmesh.protocol.signal.read_head", lambda body: None)
    assert parse(WIRE, network=NETWORK).signal == SIGNAL
    with pytest.raises(SignalError) as refused:
        parse(WIRE, network=digest(b"another"))
    assert refused.value.code == "network"


@given(signal=SIGNALS)
@example(msgspec.structs.replace(SIGNAL, nonce=23, tip=24, expires_height=255))
@example(msgspec.structs.replace(SIGNAL, nonce=256, tip=65_535, expires_height=65_536))
@example(msgspec.structs.replace(SIGNAL, nonce=2**32 - 1, tip=2**32, expires_height=2**63 - 1))
@example(msgspec.structs.replace(SIGNAL, operations=(LINK,) * 24))
@example(msgspec.structs.replace(SIGNAL, operations=(LINK,) * 300))
@example(msgspec.structs.replace(SIGNAL, operations=(("a", b"nexpires_height\x01"),)))
def test_the_head_of_every_signal_is_read_where_it_stands(signal: Signal) -> None:
    body = signal.encode()
    head = read_head(body)
    assert head is not None
    fields = (head.tip, head.nonce, head.neuron, head.network, head.expires_height)
    assert fields == (
        signal.tip,
        signal.nonce,
        signal.neuron,
        signal.network,
        signal.expires_height,
    )
    listed = [list(each) for each in signal.operations]
    assert body[head.start : head.stop] == encode(listed)
    assert head.operations == len(listed)


@given(at=st.integers(0, 400), put=st.binary(min_size=1, max_size=3))
def test_changed_bytes_are_read_alike_without_the_head(at: int, put: bytes) -> None:
    wire = WIRE[: 64 + at] + put + WIRE[64 + at + len(put) :]
    with_head = outcome(wire)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("focusmesh.protocol.signal.read_head", lambda body: None)
        assert outcome(wire) == with_head


def outcome(wire: bytes) -> Any:
    try:
        return parse(wire)
    except SignalError as error:
        return error.code


def bomb(unit: bytes, count: int) -> bytes:
    """A signal of one operation, of which ``unit`` is a field, so often."""
    operation = b"\x9a" + (count + 1).to_bytes(4, "big") + b"\x61x" + unit * count
    body = SIGNAL.encode()
    listed = encode([list(LINK)])
    assert listed in body
    return bytes(64) + body.replace(listed, b"\x81" + operation)


@pytest.mark.parametrize("unit", [b"\x37", b"\x80", b"\xa0"])
def test_an_operation_of_many_fields_makes_nothing(unit: bytes) -> None:
    wire = bomb(unit, 1 << 16)

    def refuse() -> None:
        with pytest.raises(SignalError) as refused:
            parse(wire)
        assert refused.value.code == "size"

    # The signal's own bytes, twice over: without its signature, and its operations alone.
    assert peak_bytes(refuse) < 2.2 * len(wire) + (1 << 17)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("focusmesh.protocol.signal._ITEMS_FREE", 1 << 22)
        assert peak_bytes(lambda: outcome(wire)) > 8 * len(wire)


def test_as_many_fields_as_any_operation_has_are_read() -> None:
    # An array, a name and fields are sixteen.
    most = ("x", *range(14))
    signal = msgspec.structs.replace(SIGNAL, operations=(most,) * 500)
    assert parse(sign(signal, KEY)).signal == signal
    with pytest.raises(SignalError) as refused:
        sign(msgspec.structs.replace(SIGNAL, operations=((*most, 1),) * 500), KEY)
    assert refused.value.code == "size"


def test_no_operation_has_as_many_fields_as_are_counted() -> None:
    assert operations().names
    fields = [len(each.__struct_fields__) for each in Operation.__subclasses__()]
    assert max(fields) + 2 <= 16
