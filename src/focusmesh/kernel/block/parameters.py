"""The parameters of a network, held against a header that has their digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import ParameterError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.state import Parameters

if TYPE_CHECKING:
    from focusmesh.kernel.block.header import Header


def read_parameters(data: bytes, header: Header) -> Parameters:
    """The network's parameters, of which the header has the digest; raises ProofError ("parameters")."""
    if digest(data) != header.params_hash:
        raise ProofError("parameters", "these are not the parameters that the header names")
    try:
        return Parameters.decode(data)
    except ParameterError as error:
        raise ProofError("parameters", f"these are not parameters: {error}") from error
