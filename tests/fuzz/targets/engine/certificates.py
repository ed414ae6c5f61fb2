"""Certificate files: read to the byte, and none that verifies has another sum, floor or residual than it may."""

from __future__ import annotations

import numpy as np

from focusmesh import Certificate, Graph, certify, verify
from focusmesh.engine.focus.certificate.file import decode, encode
from focusmesh.errors import CertificateError, DamagedFileError, NewerVersionError
from tests.fuzz.target import Target

_GRAPH = Graph.from_edges(["a", "a", "b", "c"], ["b", "c", "c", "d"])
_EPSILON = 1e-3
"""Loose, so that neighbours of a vector that holds may hold too."""


def check(data: bytes) -> bool:
    try:
        certificate = decode(Certificate, data, "input")
    except (CertificateError, DamagedFileError, NewerVersionError):
        return False
    assert encode(certificate) == data
    _holds(certificate)
    return True


def _holds(certificate: Certificate) -> None:
    try:
        verified = verify(_GRAPH, certificate, epsilon=_EPSILON)
    except CertificateError:
        return
    assert verified.residual <= _EPSILON
    assert sum(certificate.vector.tolist()) == 2**63
    again = certify(_GRAPH)
    if certificate.params == again.params and certificate.teleport is None:
        off = np.abs(certificate.scores(_GRAPH) - again.scores(_GRAPH)).sum()
        assert off <= verified.bound + 1e-7


def seeds() -> list[bytes]:
    teleport = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}
    return [encode(certify(_GRAPH)), encode(certify(_GRAPH, u=teleport))]


TARGET = Target(check, seeds)
