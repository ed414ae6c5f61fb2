"""Names of particles in a ledger: text stands for the digest of its UTF-8 bytes, digests and CIDs for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import InputError
from focusmesh.ids import DIGEST_BYTES, digest, from_cid, is_cid

if TYPE_CHECKING:
    from collections.abc import Hashable

NAME_BYTES_MAX = 4_096
"""The longest text that is a name. Longer content is put into the ledger by itself and named by its digest."""
TEXT_BYTES_MAX = 1 << 20
"""The longest content that is the text of a particle named by its digest; more is content alone."""


class Particle(NamedTuple):
    """What a name stands for; ``content`` are the bytes of a text, None where the name is a digest already."""

    id: bytes
    content: bytes | None


def particle(name: Hashable) -> Particle:
    """The particle of a name: text, a CIDv1 text, or a digest (32 bytes). Raises InputError for anything else."""
    if isinstance(name, bytes) and len(name) == DIGEST_BYTES:
        return Particle(name, None)
    if not isinstance(name, str):
        raise InputError(
            f"{name!r} cannot name a particle of a ledger: use text, or a digest of {DIGEST_BYTES} bytes"
        )
    if is_cid(name):
        return Particle(from_cid(name), None)
    content = _encode(name)
    return Particle(digest(content), content)


def name_of(particle_id: bytes, content: bytes | None) -> str | bytes:
    """What a particle is shown as: its text where that is known and can be a name, else its digest."""
    if content is None or not 0 < len(content) <= NAME_BYTES_MAX:
        return particle_id
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return particle_id
    return particle_id if is_cid(text) else text


def text_of(name: str | bytes, content: bytes | None) -> str:
    """What a particle says beyond its name: UTF-8 content that is no name; "" for other content, and for none."""
    if isinstance(name, str) or content is None or len(content) > TEXT_BYTES_MAX:
        return ""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _encode(text: str) -> bytes:
    try:
        content = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"{text!r} is not Unicode text: {error.reason}") from error
    if not 0 < len(content) <= NAME_BYTES_MAX:
        raise InputError(
            f"a name has 1 to {NAME_BYTES_MAX:,} bytes, {text[:40]!r}… has {len(content):,}: "
            "put the text into the ledger and link its digest"
        )
    return content
