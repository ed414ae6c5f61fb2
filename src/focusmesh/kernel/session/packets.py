"""Operations become signals: as many as their size needs, each signed, with the contents that travel beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.protocol.identity import SIGNATURE_BYTES
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, SignedSignal, sign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from focusmesh.kernel.state import Parameters
    from focusmesh.protocol.identity import SigningKey

Fields = tuple[Any, ...]

EXPIRES_AFTER = 256
"""Blocks after which a signal of a session that no block took can be in none any more."""

CONTENTS_BYTES_MAX = 1 << 24
AGREED_CONTENTS_BYTES_MAX = 1 << 17
"""Where validators agree, a signal and its contents travel in one batch."""
HEAD_BYTES = 512
"""What a signal takes besides its operations, at most."""
_FIELD_BYTES = 9  # the most that dag-cbor puts before a field, or takes for a number


@dataclass(frozen=True, slots=True)
class Step:
    """One operation as its array, with the contents that nobody may have yet: by digest."""

    fields: Fields
    contents: dict[bytes, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OperationBatch:
    """The operations of one signal, and the contents that go with it."""

    operations: list[Fields]
    contents: list[bytes]


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, for which network, by whose limits."""

    key: SigningKey
    network: bytes
    parameters: Parameters
    tip: int = 0

    @property
    def neuron(self) -> bytes:
        """The public key of who signs."""
        public: bytes = self.key.public
        return public

    def packets(
        self, batches: Iterable[OperationBatch], nonce: int, height: int
    ) -> Iterator[Packet]:
        """A signal for each batch, of consecutive nonces from ``nonce``; ``height`` is that of the last block."""
        for number, batch in enumerate(batches):
            signal = Signal(
                network=self.network,
                neuron=self.neuron,
                nonce=nonce + number,
                expires_height=height + EXPIRES_AFTER,
                operations=tuple(batch.operations),
                tip=self.tip,
            )
            wire = sign(signal, self.key)
            made = SignedSignal(
                digest(wire[SIGNATURE_BYTES:]), signal, wire[:SIGNATURE_BYTES], wire
            )
            yield Packet(wire, tuple(batch.contents), made)

    def batches(
        self, steps: Iterable[Step], known: Callable[[bytes], bool]
    ) -> Iterator[OperationBatch]:
        """The operations of ``steps`` in order, in as few signals as hold them; one where they fit into one.

        Contents for which ``known`` is false are announced by a ``put_blob/1`` and travel along, each once. Raises
        SignalError ``"size"`` for a step that no signal can hold.
        """
        announced: set[bytes] = set()
        return self._batches(self._with_blobs(step, known, announced) for step in steps)

    def _with_blobs(
        self, step: Step, known: Callable[[bytes], bool], announced: set[bytes]
    ) -> tuple[list[Fields], list[bytes]]:
        blobs, contents = [], []
        for blob, content in step.contents.items():
            if blob not in announced and not known(blob):
                announced.add(blob)
                blobs.append(("put_blob/1", blob, len(content)))
                contents.append(content)
        return [*blobs, step.fields], contents

    def _batches(
        self, groups: Iterable[tuple[list[Fields], list[bytes]]]
    ) -> Iterator[OperationBatch]:
        count_max = self.parameters.operations_max
        bytes_max = self.parameters.signal_bytes_max - HEAD_BYTES
        agrees = self.parameters.agreement is not None
        contents_max = AGREED_CONTENTS_BYTES_MAX if agrees else CONTENTS_BYTES_MAX
        operations: list[Fields] = []
        contents: list[bytes] = []
        size = contents_size = 0
        for group, group_contents in groups:
            group_size = sum(map(_size, group))
            contents_added = sum(map(len, group_contents))
            if group_size > bytes_max:
                raise SignalError("size", f"an operation of {group_size:,} bytes fits no signal")
            full = len(operations) + len(group) > count_max or size + group_size > bytes_max
            if operations and (full or contents_size + contents_added > contents_max):
                yield OperationBatch(operations, contents)
                operations, contents, size, contents_size = [], [], 0, 0
            operations += group
            contents += group_contents
            size += group_size
            contents_size += contents_added
        if operations:
            yield OperationBatch(operations, contents)


def _size(fields: Sequence[Any]) -> int:
    """At least the bytes that an operation takes in a signal: a character of text may take four."""
    lengths = (
        4 * len(value) if isinstance(value, str) else len(value) if isinstance(value, bytes) else 0
        for value in fields
    )
    return _FIELD_BYTES + sum(_FIELD_BYTES + length for length in lengths)
