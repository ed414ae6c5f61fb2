"""Signals: one atomic step of one neuron, as canonical bytes under a signature.

On the wire and in bodies: ``signature (64 bytes) ‖ signal``, the signal a dag-cbor map. Its id is the digest of the
signal's bytes, without the signature. What operations there are, and what they need, the kernel's registry says;
here they are names with fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from focusmesh.errors import CodecError, ItemCountError, SignalError
from focusmesh.ids import DIGEST_BYTES, digest
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import KEY_BYTES, SIGNATURE_BYTES, Check, verify
from focusmesh.protocol.signal_head import read_head

if TYPE_CHECKING:
    from focusmesh.protocol.identity import SigningKey

VERSION = 1
SIGNAL_DOMAIN = b"focusmesh/signal/1\0"
SIGNAL_BYTES_MAX = 1 << 22
OPERATIONS_MAX = 10_000
"""The most that any network allows in a signal, its signature included; its own parameters may allow less."""
AMOUNT_MAX = 2**63 - 1
"""The largest number in a signal's head, and the largest amount anywhere."""

_OPERATION_ITEMS = 16
"""An operation's array, its name and its fields: none has more."""
_ITEMS_FREE = 1_024
"""A signal may have so many items, however few its operations are."""
_HEAD_ITEMS = 15
_DEPTH = 3  # the map, its operations, an operation
_FIELD_TYPES = {int, bytes, str, bool}


class Signal(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """``operations``: tuples of a name such as ``"link/1"`` and fields (integers, bytes, text, booleans).

    ``network`` and ``neuron`` have 32 bytes, numbers are 0 ≤ a < 2⁶³; a neuron's first ``nonce`` is 0. The signal
    can stand in blocks up to and including ``expires_height``.
    """

    network: bytes
    neuron: bytes
    nonce: int
    expires_height: int
    operations: tuple[tuple[Any, ...], ...]
    tip: int = 0
    version: int = VERSION

    def encode(self) -> bytes:
        """The canonical bytes that are signed. Raises CodecError for fields that have none."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return encode(fields | {"operations": [list(each) for each in self.operations]})


class SignedSignal(NamedTuple):
    """A signal as it came: ``id`` of 32 bytes, ``wire`` whole. Its signature may still be wrong."""

    id: bytes
    signal: Signal
    signature: bytes
    wire: bytes

    @property
    def check(self) -> Check:
        """What a pool of checkers needs, under ``SIGNAL_DOMAIN``."""
        return Check(self.signal.neuron, self.id, self.signature)


_NAMES = set(Signal.__struct_fields__)


def sign(signal: Signal, key: SigningKey) -> bytes:
    """The wire form of ``signal``. Raises SignalError ``"key"`` where the key is not the neuron's, and as ``parse``."""
    if key.public != signal.neuron:
        raise SignalError(
            "key", f"the key {key.public.hex()} cannot sign for the neuron {signal.neuron.hex()}"
        )
    body = signal.encode()
    wire = key.sign(SIGNAL_DOMAIN, digest(body)) + body
    parse(wire)
    return wire


def parse(
    wire: bytes,
    *,
    bytes_max: int = SIGNAL_BYTES_MAX,
    operations_max: int = OPERATIONS_MAX,
    network: bytes | None = None,
) -> SignedSignal:
    """The signal that ``wire`` holds, its form checked and its signature not. O(bytes), some 4 µs for one link.

    Raises SignalError: ``"malformed"`` for anything but the canonical bytes of a signal, ``"size"`` for more than
    ``bytes_max`` bytes (signature included), ``operations_max`` operations, or 1,024 items and 16 an operation;
    ``"network"`` for one of another ``network``. The last two are found before any operation is decoded.
    """
    if len(wire) > bytes_max:
        raise SignalError("size", f"a signal of {len(wire)} bytes; at most {bytes_max} are allowed")
    body = wire[SIGNATURE_BYTES:]
    signal_id = digest(body)
    head = read_head(body)
    if head is None:
        return _parse_map(wire, body, signal_id, operations_max, network)
    _check_network(head.network, signal_id, network)
    _check_count(head.operations, signal_id, operations_max)
    listed = _decode(body[head.start : head.stop], signal_id, head.operations, _DEPTH - 1)
    signal = Signal(
        network=head.network,
        neuron=head.neuron,
        nonce=head.nonce,
        expires_height=head.expires_height,
        operations=_operations(listed, signal_id),
        tip=head.tip,
    )
    return SignedSignal(signal_id, signal, wire[:SIGNATURE_BYTES], wire)


def _parse_map(
    wire: bytes, body: bytes, signal_id: bytes, operations_max: int, network: bytes | None
) -> SignedSignal:
    """As ``parse``, field by field: says which of them keeps this from being a signal."""
    # Every signal has a head that can be read: of what is none, no more is made than tells why.
    fields = _decode(body, signal_id, 0, _DEPTH)
    if type(fields) is not dict or fields.keys() != _NAMES:
        raise _malformed_error(signal_id, f"a signal has the fields {', '.join(sorted(_NAMES))}")
    listed = fields["operations"]
    if type(listed) is list:
        _check_count(len(listed), signal_id, operations_max)
    fields["operations"] = _operations(listed, signal_id)
    signal = Signal(**fields)
    _check_head(signal, signal_id)
    _check_network(signal.network, signal_id, network)
    return SignedSignal(signal_id, signal, wire[:SIGNATURE_BYTES], wire)


def check_signature(signed: SignedSignal) -> None:
    """Raises SignalError ``"signature"`` unless the neuron signed these bytes."""
    if not verify(signed.signal.neuron, SIGNAL_DOMAIN, signed.id, signed.signature):
        raise SignalError("signature", f"signal {signed.id.hex()} is not signed by its neuron")


def _decode(data: bytes, signal_id: bytes, count: int, depth_max: int) -> Any:
    """The value of a signal with ``count`` operations, or of its operations alone."""
    items_max = max(_ITEMS_FREE, _HEAD_ITEMS + _OPERATION_ITEMS * count)
    try:
        return decode(data, depth_max=depth_max, items_max=items_max)
    except ItemCountError as error:
        raise SignalError("size", f"signal {signal_id.hex()}: {error}") from error
    except CodecError as error:
        raise SignalError(
            "malformed", f"a signal that is not canonical dag-cbor: {error}"
        ) from error


def _check_network(found: bytes, signal_id: bytes, network: bytes | None) -> None:
    if network is not None and found != network:
        raise SignalError("network", f"signal {signal_id.hex()} is for another network")


def _check_count(count: int, signal_id: bytes, operations_max: int) -> None:
    if count > operations_max:
        raise SignalError(
            "size",
            f"signal {signal_id.hex()} has {count} operations; at most {operations_max} are allowed",
        )


def _operations(listed: Any, signal_id: bytes) -> tuple[tuple[Any, ...], ...]:
    if type(listed) is not list or not listed:
        raise _malformed_error(signal_id, "its operations are not an array with at least one")
    for number, operation in enumerate(listed):
        if type(operation) is not list or not operation or type(operation[0]) is not str:
            raise _malformed_error(
                signal_id, f"operation {number} is not an array that begins with a name"
            )
        if not _FIELD_TYPES.issuperset(map(type, operation)):
            raise _malformed_error(
                signal_id,
                f"a field of operation {number} is not an integer, bytes, text or boolean",
            )
    return tuple(map(tuple, listed))


def _check_head(signal: Signal, signal_id: bytes) -> None:
    if type(signal.version) is not int or signal.version != VERSION:
        raise _malformed_error(signal_id, f"version {signal.version!r}; known: {VERSION}")
    for name in ("nonce", "tip", "expires_height"):
        number = getattr(signal, name)
        if type(number) is not int or not 0 <= number <= AMOUNT_MAX:
            raise _malformed_error(signal_id, f"{name} is not an integer from 0 to 2⁶³ − 1")
    for name, size in (("network", DIGEST_BYTES), ("neuron", KEY_BYTES)):
        binary = getattr(signal, name)
        if type(binary) is not bytes or len(binary) != size:
            raise _malformed_error(signal_id, f"{name} is not {size} bytes")


def _malformed_error(signal_id: bytes, fault: str) -> SignalError:
    return SignalError("malformed", f"signal {signal_id.hex()}: {fault}")
