"""One AES-GCM ciphertext that opens under two keys, as Dodis et al. describe it (CRYPTO 2018, "Fast message
franking"); GHASH is linear, so one free block makes both tags equal."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK_BYTES = 16
_REDUCTION = 0xE1 << 120
_ONE = 1 << 127


def multiply(left: int, right: int) -> int:
    """Product in GF(2^128), bits in GCM's order (NIST SP 800-38D, algorithm 1)."""
    product = 0
    for place in range(127, -1, -1):
        if right >> place & 1:
            product ^= left
        left = left >> 1 ^ (_REDUCTION if left & 1 else 0)
    return product


def power(base: int, exponent: int) -> int:
    product = _ONE
    while exponent:
        if exponent & 1:
            product = multiply(product, base)
        base, exponent = multiply(base, base), exponent >> 1
    return product


def ghash(key: int, blocks: list[int]) -> int:
    total = 0
    for block in blocks:
        total = multiply(total ^ block, key)
    return total


def two_key_ciphertext(
    keys: tuple[bytes, bytes], nonce: bytes, associated: bytes, plains: tuple[bytes, bytes]
) -> bytes:
    """Ciphertext and tag: under each key it opens to a content with that key's plain text in a block of its own."""
    streams = [_encrypted(key, _counters(nonce, 2, 3)) for key in keys]
    blocks = [_xor(plains[0], streams[0][:16]), _xor(plains[1], streams[1][16:32]), bytes(16)]
    lengths = (len(associated) * 8).to_bytes(8, "big") + (len(blocks) * 128).to_bytes(8, "big")
    padded = associated + bytes(-len(associated) % BLOCK_BYTES)
    hashes = [int.from_bytes(_encrypted(key, bytes(16)), "big") for key in keys]
    masks = [int.from_bytes(_encrypted(key, _counters(nonce, 1, 1)), "big") for key in keys]
    words = _words(padded + b"".join(blocks) + lengths)
    tags = [ghash(key, words) ^ mask for key, mask in zip(hashes, masks, strict=True)]
    # The free block stands before the lengths, so it enters the tag times the hash key squared.
    slope = multiply(hashes[0], hashes[0]) ^ multiply(hashes[1], hashes[1])
    free = multiply(tags[0] ^ tags[1], power(slope, (1 << 128) - 2))
    tag = tags[0] ^ multiply(free, multiply(hashes[0], hashes[0]))
    return b"".join(blocks[:2]) + free.to_bytes(16, "big") + tag.to_bytes(16, "big")


def _encrypted(key: bytes, data: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(data)


def _counters(nonce: bytes, first: int, count: int) -> bytes:
    return b"".join(nonce + place.to_bytes(4, "big") for place in range(first, first + count))


def _words(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 16], "big") for at in range(0, len(data), 16)]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
