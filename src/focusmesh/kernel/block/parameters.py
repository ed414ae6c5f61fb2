"""The parameters of a network, held against a header that has their digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import CodecError, ParameterError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.state import VERSION_PAYING, Parameters
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from focusmesh.kernel.block.header import Header


def read_parameters(data: bytes, header: Header) -> Parameters:
    """The network's parameters, of which the header has the digest.

    Raises ProofError ("parameters"), or ("upgrade") for those of a version that came after this focusmesh.
    """
    if digest(data) != header.params_hash:
        raise ProofError("parameters", "these are not the parameters that the header names")
    try:
        return Parameters.decode(data)
    except ParameterError as error:
        version = _version_in(data)
        if version > VERSION_PAYING:
            raise ProofError(
                "upgrade",
                f"the network goes on by rules of version {version}, this focusmesh knows versions 1 to "
                f"{VERSION_PAYING}: upgrade it",
            ) from error
        raise ProofError("parameters", f"these are not parameters: {error}") from error


def _version_in(data: bytes) -> int:
    """The version that a map of parameters names, readable or not; 0 where there is none."""
    try:
        fields = decode(data)
    except CodecError:
        return 0
    version = fields.get("version") if isinstance(fields, dict) else None
    return version if isinstance(version, int) else 0
