"""Certificates as files: a fixed header, the coefficients, u where it is not uniform, the vector; little-endian."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.certificate.params import ProtocolParams
from focusmesh.engine.focus.operator.params import TERMS_MAX
from focusmesh.engine.support.files import whole_file
from focusmesh.errors import CertificateError, DamagedFileError, FileError, NewerVersionError

if TYPE_CHECKING:
    from os import PathLike

    from focusmesh.engine.focus.certificate.certificate import Certificate
    from focusmesh.engine.support.arrays import MassArray

MAGIC = b"FOCUSCRT"
VERSION = 1
_HEADER = struct.Struct("<8sIIQQQdQQ32s")
_WORD = 8


def encode(certificate: Certificate) -> bytes:
    """The one form of a certificate as bytes."""
    own = certificate.teleport
    words = [*([] if own is None else [own]), certificate.vector]
    head = certificate_head(
        certificate.params,
        len(certificate.vector),
        certificate.weight_unit,
        certificate.particles,
        own=own is not None,
    )
    return head + b"".join(part.astype("<u8").tobytes() for part in words)


def certificate_head(
    params: ProtocolParams, count: int, weight_unit: float | None, particles: bytes, *, own: bool
) -> bytes:
    """What stands before u, if it is ``own``, and the vector of ``count`` entries: header and coefficients."""
    header = _HEADER.pack(
        *(MAGIC, VERSION, len(params.series), count),
        *(params.alpha, params.diffusion, weight_unit or 0.0),
        *(int(own), 0, particles),
    )
    return header + np.array(params.series, dtype="<u8").tobytes()


def decode(cls: type[Certificate], content: bytes, where: str) -> Certificate:
    """The certificate in ``content``; raises DamagedFileError or NewerVersionError that name ``where``.

    Only the one form is accepted: equal certificates are equal bytes.
    """
    if len(content) < _HEADER.size or not content.startswith(MAGIC):
        raise DamagedFileError(f"{where}: it does not begin as a certificate does")
    _, version, terms, count, alpha, diffusion, unit, own, zero, particles = _HEADER.unpack(
        content[: _HEADER.size]
    )
    if version > VERSION:
        raise NewerVersionError(
            f"{where}: format version {version}; this focusmesh reads up to {VERSION}"
        )
    words = terms + (1 + own) * count
    if (
        version != VERSION
        or zero
        or own > 1
        or not 1 <= terms <= TERMS_MAX + 1
        or len(content) != _HEADER.size + _WORD * words
        or not (0 <= unit < math.inf and math.copysign(1, unit) > 0)
    ):
        raise DamagedFileError(f"{where}: its header contradicts itself or its length")
    values: MassArray = np.frombuffer(content, dtype="<u8", offset=_HEADER.size).astype(np.uint64)
    series, rest = tuple(values[:terms].tolist()), values[terms:]
    try:
        params = ProtocolParams(alpha, diffusion, series)
    except CertificateError as error:
        raise CertificateError(error.reason, f"{where}: {error}") from None
    return cls(
        vector=rest[own * count :],
        params=params,
        particles=particles,
        weight_unit=unit or None,
        teleport=rest[:count] if own else None,
    )


def read_certificate(cls: type[Certificate], path: str | PathLike[str]) -> Certificate:
    """See ``Certificate.open``."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from error
    return decode(cls, content, str(path))


def write_certificate(certificate: Certificate, path: str | PathLike[str]) -> None:
    """See ``Certificate.save``."""
    with whole_file(path) as file:
        file.write(encode(certificate))
