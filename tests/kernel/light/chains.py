"""Chains of headers whose blocks nobody made, with true decisions: what light clients are tested on."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from focusmesh.ids import digest
from focusmesh.kernel.block import BLOCK_DOMAIN, FocusCertificate, Header, SignedHeader
from focusmesh.kernel.consensus import (
    Ballot,
    Certificate,
    Decision,
    Proposal,
    Slot,
    SlotName,
    ValidatorSet,
    Vote,
)
from focusmesh.kernel.light import LightChain, Trusted
from focusmesh.kernel.state import Agreement, Bonded, Parameters
from focusmesh.protocol.codec import encode
from focusmesh.protocol.identity import SigningKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NETWORK = sha256(b"a network of light clients").digest()
BEGIN, STEP = 1_800_000_000_000, 1_000
EPOCH = 4
DAY = 86_400_000


def key(number: int) -> SigningKey:
    return SigningKey(sha256(b"light voter %d" % number).digest())


def validators_bytes(weights: Mapping[int, int]) -> bytes:
    return encode(
        [
            [validator, weight]
            for validator, weight in sorted((key(n).public, w) for n, w in weights.items())
        ]
    )


def validator_set(weights: Mapping[int, int]) -> ValidatorSet:
    return ValidatorSet({key(number).public: weight for number, weight in weights.items()})


def parameters(kind: str = "quorum") -> Parameters:
    bonded = tuple(Bonded(each, 1) for each in sorted(key(n).public for n in range(4)))
    return Parameters(version=4, agreement=Agreement(kind=kind, epoch_blocks=EPOCH, voters=bonded))


def decision(
    header: Header,
    validators: Sequence[int],
    *,
    round_: int | None = None,
    network: bytes = NETWORK,
    signers: Mapping[int, int] | None = None,
    epoch: int | None = None,
    step: str = "end",
) -> bytes:
    """Of a header, signed by validators; ``signers``: whose key signs in a validator's name."""
    epoch = -(-header.height // EPOCH) if epoch is None else epoch
    proposal = Proposal(
        epoch,
        header.height if round_ is None else round_,
        header.height,
        sha256(b"the motion before").digest(),
        header.id,
        sha256(b"data").digest(),
    )
    name = SlotName(header.engine, header.height if header.engine == "snowman" else None, step)
    ballot = Ballot(Slot(network, epoch, proposal.round, name.text), proposal.digest(network))
    signed = {
        key(number).public: Vote.sign(ballot, key((signers or {}).get(number, number))).signature
        for number in validators
    }
    return Decision(proposal, Certificate(ballot, tuple(sorted(signed.items())))).to_bytes()


def header(
    height: int, parent: bytes, validators: bytes, params: Parameters, **changed: object
) -> Header:
    nothing = bytes(32)
    made = Header(
        version=1,
        network=NETWORK,
        height=height,
        time=BEGIN + height * STEP,
        parent=parent,
        state_root=sha256(b"state %d" % height).digest(),
        focus_root=nothing,
        data_root=nothing,
        signals_root=nothing,
        proposer=key(0).public if height else nothing,
        validators_hash=validators,
        focus_certificate=None,
        params_hash=digest(encode(params.as_fields())),
        extra=b"",
    )
    return msgspec.structs.replace(made, **changed)


def focus_with(trace_root: bytes) -> FocusCertificate:
    """A focus that commits to a trace."""
    root = sha256(b"root").digest()
    return FocusCertificate(
        height=1,
        particles=3,
        rise=1,
        limit=2,
        params_hash=root,
        graph_root=root,
        particles_root=root,
        leaders_root=root,
        trace_root=trace_root,
    )


@dataclass
class FakeChain:
    """Epochs of four blocks; ``epochs`` says who votes in each, ``undecided`` which heights a later one covers."""

    epochs: Sequence[Mapping[int, int]]
    undecided: Sequence[int] = ()
    branch: bytes = b""
    branches_at: int = 1 << 60
    round_add: int = 0
    params: Parameters = field(default_factory=parameters)
    headers: list[Header] = field(default_factory=list)
    signed: list[SignedHeader] = field(default_factory=list)

    def __post_init__(self) -> None:
        for height in range(len(self.epochs) * EPOCH):
            self._add(height)

    def validators(self, height: int) -> Mapping[int, int]:
        """Who decides a block."""
        return self.epochs[max(0, height - 1) // EPOCH]

    def _add(self, height: int) -> None:
        parent = self.headers[-1].id if height else bytes(32)
        changed = {}
        if height >= self.branches_at:
            changed["state_root"] = sha256(self.branch).digest()
        after = validator_set(self.validators(height + 1)).digest()
        made = header(height, parent, after, self.params, **changed)
        rotation = b""
        if height > 1 and self.validators(height) != self.validators(height - 1):
            rotation = validators_bytes(self.validators(height))
        proof = key(0).sign(BLOCK_DOMAIN, made.id)
        decided = b""
        if height and height not in self.undecided:
            add = self.round_add if height >= self.branches_at else 0
            decided = decision(made, sorted(self.validators(height)), round_=height + add)
        self.headers.append(made)
        self.signed.append(SignedHeader(made.encode(), proof, rotation, decided))

    def trusted(self, height: int = 0) -> Trusted:
        """Who begins with a block of it."""
        return Trusted.beginning(
            self.headers[height],
            encode(self.params.as_fields()),
            validators_bytes(self.validators(height + 1)),
        )

    def client(self, height: int = 0) -> LightChain:
        return LightChain(self.trusted(height))

    def now(self, height: int) -> int:
        """A moment after a block."""
        return self.headers[height].time + 500


def solo_chain(length: int) -> FakeChain:
    """A chain of one key's blocks, none of which has a decision."""
    chain = FakeChain((), params=Parameters(proposers=(key(0).public,)))
    committed = digest(encode([key(0).public]))
    for height in range(length):
        parent = chain.headers[-1].id if height else bytes(32)
        made = header(height, parent, committed, chain.params)
        chain.headers.append(made)
        chain.signed.append(SignedHeader(made.encode(), key(0).sign(BLOCK_DOMAIN, made.id)))
    return chain
