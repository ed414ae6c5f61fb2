"""Links of dag-cbor: CIDs in the strict form of DASL.

Version 1, codec raw or dag-cbor, SHA-256 or BLAKE3, a digest of 32 bytes, and nothing after it
(https://dasl.ing/cid.html; BLAKE3 is its "big" form). Every number in such a CID is below 128, so that each varint
has one byte.
"""

from __future__ import annotations

from dataclasses import dataclass

from focusmesh.errors import CodecError
from focusmesh.ids import DIGEST_BYTES

VERSION_1 = 0x01
CODECS = {0x55: "raw", 0x71: "dag-cbor"}
HASHES = {0x12: "sha2-256", 0x1E: "blake3"}
CID_BYTES = 4 + DIGEST_BYTES


@dataclass(frozen=True, slots=True)
class Cid:
    """A link to content: ``codec`` and ``hash_code`` as multicodec numbers, ``digest`` of 32 bytes."""

    codec: int
    hash_code: int
    digest: bytes

    @classmethod
    def parse(cls, binary: bytes) -> Cid:
        """The CID that 36 bytes are. Raises CodecError for any other form, CIDv0 included."""
        if len(binary) != CID_BYTES or binary[0] != VERSION_1 or binary[3] != DIGEST_BYTES:
            raise CodecError(f"not a CIDv1 with a digest of {DIGEST_BYTES} bytes: {binary.hex()}")
        if binary[1] not in CODECS or binary[2] not in HASHES:
            raise CodecError(
                f"a CID of codec 0x{binary[1]:02x} and hash 0x{binary[2]:02x}; "
                "known: raw and dag-cbor, sha2-256 and blake3"
            )
        return cls(binary[1], binary[2], binary[4:])

    @property
    def binary(self) -> bytes:
        """The 36 bytes that ``parse`` reads."""
        return bytes((VERSION_1, self.codec, self.hash_code, len(self.digest))) + self.digest
