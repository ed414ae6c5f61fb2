"""A chain of headers without bodies: what a stranger checks from the genesis on before it asks for anything else.

A header is taken where it follows the one before and one of the keys that may propose has signed it. Who may is known
from the genesis; where that changes, the header travels with a proof under the state root of the one before.
Whether blocks were carried out rightly headers do not say: bodies do, or whoever signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import BlockError, CodecError
from focusmesh.kernel.block.chain import Chain
from focusmesh.kernel.block.checking import check_header, check_same
from focusmesh.kernel.block.header import HEADER_BYTES_MAX, Header
from focusmesh.kernel.block.making import validators_hash
from focusmesh.kernel.block.records import height_key, read_header
from focusmesh.kernel.block.rotations import (
    ROTATION_BYTES_MAX,
    is_rotation,
    proved_proposers,
    read_rotation,
    rotation_key,
)
from focusmesh.kernel.state import MemoryStore
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.block.genesis import Genesis
    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Reader, Writer

SIGNED_HEADER_BYTES_MAX = HEADER_BYTES_MAX + ROTATION_BYTES_MAX + 256


class SignedHeader(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A header as it travels without its body: its bytes, its proposer's signature, and ``rotation``.

    That is a proof of who may make this block, under the state root of the one before, where those are others than
    may make that one; else it is empty.
    """

    header: bytes
    proof: bytes
    rotation: bytes = b""

    def encode(self) -> bytes:
        """A dag-cbor array of the three."""
        return encode([self.header, self.proof, self.rotation])

    @classmethod
    def decode(cls, data: bytes) -> SignedHeader:
        """Raises BlockError ("header") for anything else."""
        try:
            fields = decode(data, bytes_max=SIGNED_HEADER_BYTES_MAX)
            signed = msgspec.convert(fields, cls, builtin_types=(bytes,))
        except (CodecError, msgspec.ValidationError) as error:
            raise BlockError("header", f"these {len(data)} bytes are no header: {error}") from error
        check_same("header", data, signed.encode())
        return signed


class HeaderChain:
    """The headers of a network up to ``tip``, checked one after the other; it keeps the last one alone."""

    def __init__(self, genesis: Genesis, registry: Registry) -> None:
        """Of block 0. Raises BlockError ("genesis", "operations"). O(grants)."""
        self._begin(Chain.create(MemoryStore(), genesis, registry))

    @classmethod
    def of(cls, chain: Chain) -> HeaderChain:
        """The headers that could follow a chain's last block."""
        made = cls.__new__(cls)
        made._begin(chain)
        return made

    def _begin(self, chain: Chain) -> None:
        self.genesis = chain.genesis
        self.tip = chain.tip
        self.proposers = chain.proposers
        """The keys that may make the block after ``tip``, as far as headers say."""

    def add(self, signed: SignedHeader) -> Header:
        """Takes the next header in. One signature, and the proof where there is one.

        Raises BlockError for one that does not follow: "header", "network", "height", "parent", "time", "proposer",
        "proof", "params-hash", "validators-hash", "rotation"; nothing has changed then.
        """
        header = Header.decode(signed.header)
        check_same("header", signed.header, header.encode())
        proposers = self.proposers
        if signed.rotation and header.height == self.tip.height + 1:
            proposers = proved_proposers(
                signed.rotation, self.tip.state_root, self.genesis.parameters
            )
        check_header(header, self.tip, signed.proof, self.genesis.network, proposers)
        check_same("validators_hash", header.validators_hash, validators_hash(proposers))
        check_same("params_hash", header.params_hash, self.tip.params_hash)
        self.tip, self.proposers = header, proposers
        return header

    def resume(self, reader: Reader) -> None:
        """Goes on from headers that ``write_signed_header`` kept after they had been checked."""
        last = reader.count("headers") - 1
        if last <= self.tip.height:
            return
        rotations = [
            int.from_bytes(key[:8], "big")
            for key, _ in reader.scan("proofs", b"", height_key(last + 1))
            if is_rotation("proofs", key)
        ]
        if rotations:
            proof, root = (
                read_rotation(reader, rotations[-1]),
                read_header(reader, rotations[-1] - 1).state_root,
            )
            self.proposers = proved_proposers(proof, root, self.genesis.parameters)
        self.tip = read_header(reader, last)


def write_signed_header(writer: Writer, height: int, signed: SignedHeader) -> None:
    """Keeps a header that was checked."""
    writer.put("headers", height_key(height), signed.header)
    writer.put("proofs", height_key(height), signed.proof)
    if signed.rotation:
        writer.put("proofs", rotation_key(height), signed.rotation)


def read_signed_headers(chain: Chain, first: int, last: int) -> Sequence[SignedHeader]:
    """The headers of heights ``first`` to ``last`` as they travel. Raises BlockError ("height") at one that is missing.

    Raises BlockError ("rotation") where a proof was not kept: by a focusmesh of before there were any.
    """
    with chain.reading() as reader:
        return [signed_header(reader, height) for height in range(first, last + 1)]


def signed_header(reader: Reader, height: int) -> SignedHeader:
    """The header of one height as it travels; raises BlockError as ``read_signed_headers``."""
    header = read_header(reader, height)
    rotation = read_rotation(reader, height)
    if height and not rotation:
        before = read_header(reader, height - 1)
        if before.validators_hash != header.validators_hash:
            raise BlockError(
                "rotation",
                f"who may propose changed with block {height}, and an older focusmesh that made it kept no proof: "
                "import the chain instead",
            )
    proof = reader.get("proofs", height_key(height)) or b""
    return SignedHeader(header.encode(), proof, rotation)
