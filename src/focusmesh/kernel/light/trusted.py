"""What a light client goes on from: the last block that is final for it, and whose word makes the next one final."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.errors import BlockError, CodecError, ProofError
from focusmesh.kernel.block import Header, read_parameters
from focusmesh.kernel.light.rules import LightRules
from focusmesh.kernel.light.validator_sets import VALIDATORS_BYTES_MAX, is_committed
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from focusmesh.kernel.state import Parameters

TRUSTED_BYTES_MAX = 1 << 22
_VERSION, _VERSION_CHANGING = 1, 2
"""What is written: the second where rules changed, so that one has to know for how long validators are relied on."""


class Trusted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``header`` and ``parameters`` are canonical bytes; ``decision`` is empty for the block that one began with.

    ``voters``: who decides the block after it (quorum), or may make this one (solo), as the header commits to them; for
    a block that hands over, who decides the next one, or may make it.
    ``deciders``: who decided this one, where those are others. ``refused`` is the id of a block that is proved to be
    wrong by ``proof``, if there is one: nothing that comes after it is taken, and nothing more at all where the header
    comes after it (``is_behind``). ``fork``: proof of two final blocks of one height; nothing more is taken then.
    ``trusting``: for how many ms validators are relied on, where that is less than ``parameters`` say, because they
    changed with the first block of this epoch; else 0.
    """

    header: bytes
    parameters: bytes
    voters: bytes = b""
    deciders: bytes = b""
    decision: bytes = b""
    refused: bytes = b""
    proof: bytes = b""
    is_behind: bool = False
    fork: bytes = b""
    trusting: int = 0

    @classmethod
    def beginning(cls, header: Header, parameters: bytes, validators: bytes) -> Trusted:
        """At a block that was trusted otherwise: the genesis, or by its id.

        Raises ProofError: "parameters", "electorate" where the header does not commit to these.
        """
        begun = cls(header=header.encode(), parameters=parameters, voters=validators)
        begun.verify()
        return begun

    def verify(self) -> None:
        """Raises ProofError as ``beginning``, "trust" for a header that is none."""
        header = self.read_header()
        if self.trusting < 0:
            raise ProofError("trust", f"it relies on validators for {self.trusting} ms")
        rules = LightRules.of(read_parameters(self.parameters, header))
        if self.voters and not is_committed(self.voters, header, rules):
            raise ProofError(
                "electorate",
                f"block {header.height} commits to another validator set, {header.validators_hash.hex()[:16]}…",
            )
        if not self.voters and not rules.has_decisions:
            raise ProofError("electorate", "no key is named that may make blocks")

    def read_header(self) -> Header:
        """The header. Raises ProofError ("trust")."""
        try:
            return Header.decode(self.header)
        except BlockError as error:
            raise ProofError("trust", f"what is trusted has no header: {error}") from error

    def read_parameters(self) -> Parameters:
        """The parameters. Raises ProofError ("parameters")."""
        return read_parameters(self.parameters, self.read_header())

    def encode(self) -> bytes:
        """A dag-cbor map."""
        fields: dict[str, Any] = msgspec.to_builtins(self, builtin_types=(bytes,))
        if not self.trusting:
            del fields["trusting"]
        return encode({"version": _VERSION_CHANGING if self.trusting else _VERSION, **fields})

    @classmethod
    def decode(cls, data: bytes) -> Trusted:
        """What ``encode`` wrote. Raises ProofError ("trust") for anything else, as ``verify`` for what does not fit."""
        try:
            fields: Any = decode(data, bytes_max=TRUSTED_BYTES_MAX)
            version = fields.pop("version")
            found = msgspec.convert(fields, cls, builtin_types=(bytes,))
        except (
            CodecError,
            msgspec.ValidationError,
            AttributeError,
            KeyError,
            TypeError,
        ) as error:
            raise ProofError(
                "trust", f"these bytes are not what a light client trusts: {error}"
            ) from error
        if version != (_VERSION_CHANGING if found.trusting else _VERSION):
            raise ProofError(
                "trust",
                f"version {version} is unknown, or not of these fields; this focusmesh reads {_VERSION} to "
                f"{_VERSION_CHANGING}",
            )
        if max(len(found.voters), len(found.deciders)) > VALIDATORS_BYTES_MAX:
            raise ProofError("trust", "it names too many validators")
        found.verify()
        return found
