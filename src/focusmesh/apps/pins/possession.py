"""Proof of possession: shares at places that nobody knew before the last block, each under the pin's data root.

The places of a round follow from the root of the state after the block before it. They are places of the whole square,
added quarters too: who cannot give back all of the block lacks at least (k + 1)² of its 4k² shares, so that it is
found with more than a quarter at every place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import CodecError, InputError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.availability import (
    SHARE_BYTES,
    NamespaceProof,
    namespace_of,
    prove_leaves,
    verify_leaves,
)
from focusmesh.kernel.state import MerkleTree, verify_inclusion
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.apps.pins.records import Pin
    from focusmesh.kernel.availability import Square

SHARES_MAX = 16
SHOWN_BYTES_MAX = 1 << 11
"""Of one share with its proofs: 512, 8 nodes of 90, a root of 90 and 9 digests of 32 bytes, and their heads."""
_DOMAIN = "focusmesh/pin/challenge/1"


class ShownShare(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A share, the ``nodes`` beside it in its row's tree, the row's ``root``, the ``path`` from there to the data root.

    Where it lies it does not say: that follows from the challenge.
    """

    share: bytes
    nodes: tuple[bytes, ...]
    root: bytes
    path: tuple[bytes, ...]

    def verify(self, data_root: bytes, width: int, row: int, column: int) -> None:
        """Raises ProofError unless the square of this data root has the share there. O(log k) hashes."""
        size = 2 * width
        verify_inclusion(self.root, row, 2 * size, self.path, data_root)
        if len(self.share) != SHARE_BYTES:
            raise ProofError("namespace", f"a share has {SHARE_BYTES} bytes, not {len(self.share)}")
        leaf = (namespace_of(row, column, self.share, width), self.share)
        verify_leaves(NamespaceProof(column, column + 1, self.nodes), self.root, size, [leaf])


def challenged_shares(
    network: bytes,
    pin_id: bytes,
    pin: Pin,
    round: int,  # noqa: A002  (the field's word)
    state_root: bytes,
) -> list[tuple[int, int]]:
    """Row and column of each share that the keeper is to show in a round; a place may come more than once.

    ``state_root`` is that after block ``pin.beacon(round)``. Every place is equally likely: there is a power of two.
    """
    seed = digest(encode([_DOMAIN, network, pin_id, pin.keeper, round, state_root]))
    size = 2 * pin.width
    drawn = (digest(seed + number.to_bytes(2, "big"))[:8] for number in range(pin.shares))
    return [divmod(int.from_bytes(each, "big") % (size * size), size) for each in drawn]


def show(square: Square, row: int, column: int) -> ShownShare:
    """What shows that whoever has this square has the share there. O(k²) hashes at first, O(k) from then on."""
    roots = square.roots
    nodes = prove_leaves(square.tree("row", row), column, column + 1).nodes
    path = MerkleTree.of([*roots.rows, *roots.columns]).prove(row)
    return ShownShare(square.shares[row, column].tobytes(), nodes, roots.rows[row], tuple(path))


def show_all(square: Square, places: Sequence[tuple[int, int]]) -> bytes:
    """What ``prove_pin/1`` carries: canonical dag-cbor, an array with one array for each place."""
    return encode([msgspec.to_builtins(show(square, *at), builtin_types=(bytes,)) for at in places])


def read_shown(data: bytes) -> list[ShownShare]:
    """Raises InputError for anything but canonical bytes of shown shares."""
    try:
        value = decode(data, bytes_max=SHARES_MAX * SHOWN_BYTES_MAX)
        return msgspec.convert(value, list[ShownShare], builtin_types=(bytes,))
    except (CodecError, msgspec.ValidationError) as error:
        raise InputError(f"these {len(data)} bytes are not a proof of shares: {error}") from error
