"""The parameters of a network, held against a header that has their digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import CodecError, ParameterError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.state import Parameters
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from focusmesh.kernel.block.header import Header


def read_parameters(data: bytes, header: Header) -> Parameters:
    """The network's parameters, of which the header has the digest; raises ProofError ("parameters")."""
    if digest(data) != header.params_hash:
        raise ProofError("parameters", "these are not the parameters that the header names")
    try:
        return msgspec.convert(decode(data), Parameters, builtin_types=(bytes,))
    except (CodecError, msgspec.ValidationError, ParameterError) as error:
        raise ProofError("parameters", f"these are not parameters: {error}") from error
