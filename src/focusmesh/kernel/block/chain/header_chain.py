"""A chain of headers without bodies: what a stranger checks from the genesis on before it asks for anything else.

A header is taken where it follows the one before and one of the keys that may propose has signed it. Who may is known
from the genesis; where that changes, the header travels with a proof under the state root of the one before. Where
validators decide, the headers name who votes next; the list travels where it changes, and a block is final when the
decision for it, or for a later one, has come. Where the parameters that hold change, they travel with their proof under
the state root of the one before. A key hands over to validators with the last block of an epoch, which names them, and
they hand back in the same way. Whether blocks were carried out rightly headers do not say: bodies do, or whoever
signed.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import BlockError, CodecError, ParameterError, ProofError
from focusmesh.kernel.block.chain.chain import Chain
from focusmesh.kernel.block.chain.decisions import (
    DECISION_BYTES_MAX,
    OPEN_MAX,
    check_decision,
    read_decision,
    write_decision,
)
from focusmesh.kernel.block.chain.header_builder import validators_hash
from focusmesh.kernel.block.chain.newer_headers import is_newer_block
from focusmesh.kernel.block.chain.parameter_proofs import (
    keep_parameter_proof,
    position_at,
    read_parameter_proof,
)
from focusmesh.kernel.block.chain.rotations import (
    ROTATION_BYTES_MAX,
    is_rotation,
    proved_proposers,
    read_rotation,
    rotation_key,
)
from focusmesh.kernel.block.chain.rule_records import note_header
from focusmesh.kernel.block.chain.validator_sets import (
    NOBODY,
    changed_validator_set,
    read_validator_set,
    validator_set_at,
    write_validator_set,
)
from focusmesh.kernel.block.header import HEADER_BYTES_MAX, VERSION, Header
from focusmesh.kernel.block.records import height_key, read_header
from focusmesh.kernel.block.succession import PARAMETERS_PROOF_BYTES_MAX, proved_parameters
from focusmesh.kernel.block.validation import check_header, check_same
from focusmesh.kernel.state import SOLO, MemoryStore, Parameters
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.block.genesis import Genesis
    from focusmesh.kernel.block.succession import HeaderPosition
    from focusmesh.kernel.consensus import ValidatorSet
    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Reader, Writer
    from focusmesh.protocol.codec import Value

SIGNED_HEADER_BYTES_MAX = (
    HEADER_BYTES_MAX + ROTATION_BYTES_MAX + DECISION_BYTES_MAX + PARAMETERS_PROOF_BYTES_MAX + 256
)


class SignedHeader(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A header as it travels without its body: its bytes, its proposer's signature, and ``rotation``.

    That is a proof of who may make this block, under the state root of the one before, where those are others than may
    make that one; else it is empty. Where validators decide it is the list of those who vote on this block, where it is
    another than that of the block before, and ``decision`` is theirs, where there is one for this very block.
    ``parameters`` is the proof of those that hold from this block on, under the state root of the one before, where
    they are others than held for that one; else it is empty.
    """

    header: bytes
    proof: bytes
    rotation: bytes = b""
    decision: bytes = b""
    parameters: bytes = b""

    def encode(self) -> bytes:
        """A dag-cbor array of the three, four where there is a decision, or five with a proof of parameters."""
        parts: list[Value] = [self.header, self.proof, self.rotation, self.decision]
        if self.parameters:
            parts.append(self.parameters)
        return encode(parts if parts[3:] != [b""] else parts[:3])

    @classmethod
    def decode(cls, data: bytes) -> SignedHeader:
        """Raises BlockError ("header") for anything else."""
        try:
            fields = decode(data, bytes_max=SIGNED_HEADER_BYTES_MAX)
            signed = msgspec.convert(fields, cls, builtin_types=(bytes,))
        except (CodecError, msgspec.ValidationError) as error:
            raise BlockError(
                "header", f"these {len(data)} bytes are not a header: {error}"
            ) from error
        check_same("header", data, signed.encode())
        return signed


# As header.py: nobody compiles it in two threads at once.
_COMPILED = msgspec.json.Decoder(SignedHeader)


class HeaderChain:
    """The headers of a network up to ``tip``, checked one after the other; it keeps the last ones alone.

    Only those up to ``final`` are to be relied on: that is ``tip``, unless validators decide and have yet to.
    """

    def __init__(self, genesis: Genesis, registry: Registry) -> None:
        """Of block 0. Raises BlockError ("genesis", "operations", "agreement"). O(grants)."""
        self._begin(Chain.create(MemoryStore(), genesis, registry))

    @classmethod
    def of(cls, chain: Chain) -> HeaderChain:
        """The headers that could follow a chain's last block, which is decided."""
        made = cls.__new__(cls)
        made._begin(chain)
        return made

    def _begin(self, chain: Chain) -> None:
        self._position: HeaderPosition
        self.genesis = chain.genesis
        with chain.reading() as reader:
            self._position = position_at(reader, chain.height, chain.genesis.parameters)
        self.final = chain.tip
        self.proposers = chain.proposers
        """The keys that may make the block after ``tip``, as far as headers say."""
        self.validator_set: ValidatorSet | None = chain.validator_set
        """Who votes on the block after ``tip``, as far as headers say; None where one key makes it."""
        self._relied_on = (self._position, self.validator_set, self.proposers)

    @property
    def tip(self) -> Header:
        """The last header that was taken."""
        return self._position.header

    @property
    def parameters(self) -> Parameters:
        """Those that hold for the block of ``tip``."""
        return self._position.parameters

    def add(self, signed: SignedHeader) -> Header:
        """Takes the next header in. One signature, and the proof or the decision where there is one.

        Raises BlockError for one that does not follow: "header", "network", "height", "parent", "time", "proposer",
        "proof", "params-hash", "version", "epoch", "engine", "validators-hash", "rotation", "decision"; "upgrade" for
        one that a newer focusmesh made. Nothing has changed then.
        """
        header = Header.decode(signed.header)
        check_same("header", signed.header, header.encode())
        is_voted = self._is_voted(signed)
        return (self._add_decided if is_voted else self._add_signed)(header, signed)

    def _is_voted(self, signed: SignedHeader) -> bool:
        """Whether validators decide the block of a header: by the parameters that it proves, else as before."""
        parameters = self.parameters
        if signed.parameters:
            with suppress(BlockError, ParameterError):
                data = proved_parameters(signed.parameters, self.tip.state_root)
                parameters = Parameters.decode(data)
        return parameters.agreement is not None

    def _add_signed(self, header: Header, signed: SignedHeader) -> Header:
        tip, proposers = self.tip, self.proposers
        if signed.decision:
            raise BlockError(
                "decision",
                f"block {header.height} has a decision, but one key makes the blocks here",
            )
        if self.validator_set is not None and tip.height != self.final.height:
            raise BlockError("decision", f"block {tip.height} ends an epoch, and is not decided")
        if signed.rotation and header.height == tip.height + 1:
            parameters = self._position.follow(header, signed.parameters).parameters
            proposers = proved_proposers(signed.rotation, tip.state_root, parameters)
        check_header(header, tip, signed.proof, self.genesis.network, proposers)
        self._check_maker(proposers)
        if header.version == VERSION or not header.ends_epoch:
            # Who hands over names those who vote on the next block.
            check_same("validators_hash", header.validators_hash, validators_hash(proposers))
        self._position = self._position.follow(header, signed.parameters)
        self.final, self.proposers, self.validator_set = header, proposers, None
        self._relied_on = (self._position, None, proposers)
        return header

    def _check_maker(self, proposers: Sequence[bytes]) -> None:
        """Raises BlockError ("engine") where the last block of an epoch names others than these for the next one."""
        tip, named = self.tip, (validators_hash(self.proposers), validators_hash(proposers))
        if tip.version != VERSION and tip.ends_epoch and tip.validators_hash not in named:
            raise BlockError(
                "engine", f"block {tip.height} hands over to validators: no key makes one after it"
            )

    def is_newer(self, signed: SignedHeader) -> bool:
        """Whether a header that ``add`` refuses with "upgrade" is truly that of the next block: nobody can go on then.

        Who may make it has signed it; where validators decide, a quorum of them has decided it.
        """
        try:
            listed = signed.rotation
            signers = self._validators(listed) if self.validator_set else self.proposers
        except BlockError:
            return False
        return is_newer_block(signed.header, signed.proof, signed.decision, self.tip, signers)

    def abandon(self) -> None:
        """Forgets the headers above ``final``: they were shown by somebody who has no decision for them."""
        self._position, self.validator_set, self.proposers = self._relied_on

    def _add_decided(self, header: Header, signed: SignedHeader) -> Header:
        if header.height != self.tip.height + 1:
            raise BlockError(
                "height", f"block {header.height} cannot follow block {self.tip.height}"
            )
        validator_set = self._validators(signed.rotation)
        check_header(header, self.tip, signed.proof, self.genesis.network, validator_set.weights)
        position = self._position.follow(header, signed.parameters)
        if not position.is_last_of_epoch:
            check_same("validators_hash", header.validators_hash, self.tip.validators_hash)
        if signed.decision:
            check_decision(signed.decision, header, validator_set, position.parameters)
            relied_on = position, validator_set, tuple(validator_set.weights)
            self.final, self._relied_on = header, relied_on
        elif header.height - self.final.height > OPEN_MAX:
            raise BlockError(
                "decision", f"none of {OPEN_MAX} headers up to {header.height} is decided"
            )
        self._position, self.validator_set = position, validator_set
        self.proposers = tuple(validator_set.weights)
        return header

    def _validators(self, listed: bytes) -> ValidatorSet:
        """Who votes on the block after ``tip``: those ``listed``, or the same as before."""
        tip, validator_set = self.tip, self.validator_set
        try:
            if listed or validator_set is None:
                validator_set = read_validator_set(listed)
        except ProofError as error:
            raise BlockError(
                "rotation", f"the validators after block {tip.height} are not shown: {error}"
            ) from error
        if validator_set.digest() != tip.validators_hash:
            raise BlockError(
                "rotation", f"the validators after block {tip.height} are others than it names"
            )
        if self._position.is_last_of_epoch and tip.height != self.final.height:
            raise BlockError(
                "decision", f"block {tip.height} ends an epoch, and no decision for it has come"
            )
        return validator_set

    def resume(self, reader: Reader) -> None:
        """Goes on from headers that ``write_signed_header`` kept after they had been checked and were final."""
        last = reader.count("headers") - 1
        if last <= self.tip.height:
            return
        validators = validator_set_at(reader, last)
        rotations = [
            int.from_bytes(key[:8], "big")
            for key, _ in reader.scan("proofs", b"", height_key(last + 1))
            if is_rotation("proofs", key)
        ]
        self.validator_set = None
        if rotations and not validators:
            proof, root = (
                read_rotation(reader, rotations[-1]),
                read_header(reader, rotations[-1] - 1).state_root,
            )
            turned = position_at(reader, rotations[-1], self.genesis.parameters)
            self.proposers = proved_proposers(proof, root, turned.parameters)
        if validators:
            self.validator_set = read_validator_set(validators)
            self.proposers = tuple(self.validator_set.weights)
        self._position = position_at(reader, last, self.genesis.parameters)
        self.final = self.tip
        self._relied_on = (self._position, self.validator_set, self.proposers)


def write_signed_header(
    writer: Writer, height: int, signed: SignedHeader, parameters: Parameters
) -> None:
    """Keeps a header that was checked, and is final; ``parameters`` are those of the genesis."""
    header = Header.decode(signed.header)
    first = parameters.agreement is not None
    is_voted = first if header.version == VERSION else header.engine != SOLO
    writer.put("headers", height_key(height), signed.header)
    writer.put("proofs", height_key(height), signed.proof)
    note_header(writer, header)
    if signed.parameters:
        keep_parameter_proof(writer, height, signed.parameters)
    if signed.rotation and not is_voted:
        writer.put("proofs", rotation_key(height), signed.rotation)
        if validator_set_at(writer, height):
            write_validator_set(writer, height, NOBODY)
    elif signed.rotation:
        write_validator_set(writer, height, signed.rotation)
    if signed.decision:
        write_decision(writer, height, signed.decision)


def read_signed_headers(chain: Chain, first: int, last: int) -> Sequence[SignedHeader]:
    """The headers of heights ``first`` to ``last`` as they travel. Raises BlockError ("height") at one that is missing.

    Raises BlockError ("rotation") where a proof was not kept: by a focusmesh of before there were any.
    """
    with chain.reading() as reader:
        return [signed_header(reader, height) for height in range(first, last + 1)]


def signed_header(reader: Reader, height: int) -> SignedHeader:
    """The header of one height as it travels; raises BlockError as ``read_signed_headers``."""
    header = read_header(reader, height)
    proof = reader.get("proofs", height_key(height)) or b""
    parameters = read_parameter_proof(reader, height)
    if validator_set_at(reader, height):
        validators = changed_validator_set(reader, height) if height > 1 else b""
        decision = read_decision(reader, height)
        return SignedHeader(header.encode(), proof, validators, decision, parameters)
    rotation = read_rotation(reader, height)
    if height and not rotation:
        before = read_header(reader, height - 1)
        hands_over = changed_validator_set(reader, height + 1)
        if before.validators_hash != header.validators_hash and not hands_over:
            raise BlockError(
                "rotation",
                f"the proposers changed with block {height}, and the older focusmesh that made it kept no proof: "
                "import the chain instead",
            )
    return SignedHeader(header.encode(), proof, rotation, b"", parameters)
