"""The beginning of a network: its name, parameters, first accounts. Its digest is the network's id."""

from __future__ import annotations

from functools import cached_property

import msgspec

from focusmesh.errors import BlockError, CodecError
from focusmesh.ids import DIGEST_BYTES, digest
from focusmesh.kernel.block.header import TIME_MAX
from focusmesh.kernel.state import Parameters
from focusmesh.protocol.codec import ITEMS_MAX, decode, encode

_ITEM_BYTES = 8
"""Bytes an item of a grant at the least: three names and values in 58 bytes."""


class Grant(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a neuron owns at the beginning, in base units."""

    neuron: bytes
    balance: int
    stake: int


class Genesis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """Everything that a network starts from. ``time`` is in milliseconds since 1970.

    ``operations`` is the digest of the operation set (names, fields, declared prefixes): nodes with another set refuse
    the network.
    """

    name: str
    time: int
    parameters: Parameters
    grants: tuple[Grant, ...]
    operations: bytes
    version: int = 1

    def encode(self) -> bytes:
        """The canonical bytes: a dag-cbor map."""
        fields = msgspec.to_builtins(self, builtin_types=(bytes,))
        return encode({**fields, "parameters": self.parameters.as_fields()})

    @cached_property
    def network(self) -> bytes:
        """The network's id: the digest of the canonical bytes."""
        return digest(self.encode())

    @classmethod
    def decode(cls, data: bytes) -> Genesis:
        """Raises BlockError ("genesis") for anything but the canonical bytes of a genesis of version 1."""
        try:
            fields = decode(data, items_max=max(ITEMS_MAX, len(data) // _ITEM_BYTES))
            genesis = msgspec.convert(fields, cls, builtin_types=(bytes,))
        except (CodecError, msgspec.ValidationError, ValueError) as error:
            raise BlockError("genesis", f"these bytes are not a genesis: {error}") from error
        genesis.verify()
        if genesis.encode() != data:
            raise BlockError("genesis", "these bytes are not a genesis: fields are missing")
        return genesis

    def verify(self) -> None:
        """Raises BlockError ("genesis") with what is out of range."""
        if self.version != 1:
            raise BlockError(
                "genesis", f"version {self.version} is not known; this focusmesh reads 1"
            )
        if not 0 <= self.time <= TIME_MAX:
            raise BlockError(
                "genesis",
                f"the genesis has the time {self.time}, which is not within 0 … {TIME_MAX}",
            )
        neurons = [grant.neuron for grant in self.grants]
        if neurons != sorted(set(neurons)) or any(len(key) != DIGEST_BYTES for key in neurons):
            raise BlockError("genesis", "grants must be sorted by 32-byte keys, one a key")
        if any(grant.balance < 0 or grant.stake < 0 for grant in self.grants):
            raise BlockError("genesis", "a grant is negative")
        if sum(grant.balance + grant.stake for grant in self.grants) >= 2**63:
            raise BlockError("genesis", "the grants add up to 2^63 base units or more")
        self._verify_validators()

    def _verify_validators(self) -> None:
        agreement = self.parameters.agreement
        stakes = {grant.neuron: grant.stake for grant in self.grants}
        if agreement is not None:
            agreement.verify_first_bonds()
        for validator in agreement.voters if agreement else ():
            if stakes.get(validator.neuron, 0) < validator.amount:
                raise BlockError(
                    "genesis",
                    f"the validator {validator.neuron.hex()} is granted less than it bonds",
                )
