"""Brotli with a limit: what a stranger sent never grows past what the caller allows."""

from __future__ import annotations

from typing import Any

from focusmesh.errors import CodecError, MissingExtraError

QUALITY = 5
_PART_BYTES = 1 << 26


def compress(content: bytes, quality: int = QUALITY) -> bytes:
    """Brotli of ``content``; quality 0 (fast) … 11 (small). O(len(content))."""
    return bytes(_brotli().compress(content, quality=quality))


def decompress(compressed: bytes, content_bytes_max: int) -> bytes:
    """What ``compressed`` holds, exactly one Brotli stream and nothing after it.

    Raises CodecError for damaged, cut or continued streams, and as soon as the content has more than
    ``content_bytes_max`` bytes; memory stays within a small multiple of that. O(content).
    """
    brotli = _brotli()
    decoder, parts, bytes_left = brotli.Decompressor(), [], content_bytes_max
    data = compressed
    try:
        while True:
            part = decoder.process(data, output_buffer_limit=min(bytes_left + 1, _PART_BYTES))
            parts.append(part)
            bytes_left -= len(part)
            if bytes_left < 0:
                raise CodecError(
                    f"Brotli: the content has more than {content_bytes_max:,} bytes; refused"
                )
            if decoder.is_finished():
                return b"".join(parts)
            if decoder.can_accept_more_data():
                raise CodecError(f"Brotli: the stream of {len(compressed):,} bytes is cut short")
            data = b""
    except brotli.error as error:
        raise CodecError(
            f"Brotli: {len(compressed):,} bytes that are not a stream, or go on after one"
        ) from error


def _brotli() -> Any:
    try:
        import brotli
    except ImportError as error:
        raise MissingExtraError("ledger", "Brotli compression") from error
    return brotli
