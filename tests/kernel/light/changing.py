"""Chains of headers of networks whose rules change: epochs of any length, parameters and validators that change.

Blocks nobody made; decisions, state roots with the parameters under them, and their proofs are true.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.ids import digest
from focusmesh.kernel.block import BLOCK_DOMAIN, SignedHeader
from focusmesh.kernel.light import LightChain, Trusted
from focusmesh.kernel.state import (
    KEY_PREFIX,
    PARAMETERS_KEY,
    Agreement,
    Bonded,
    MemoryStore,
    Parameters,
    Tree,
    encode_proof,
)
from focusmesh.kernel.state.accounts.change_rules import ChangeRules
from focusmesh.protocol.codec import encode
from tests.kernel.light.chains import decision, header, key, validators_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from focusmesh.kernel.block import Header


def changing_parameters(
    *, version: int = 5, epoch_blocks: int = 6, kind: str = "quorum", **fields: Any
) -> Parameters:
    """Parameters of a network of validators; ``fields`` are of its agreement."""
    bonded = tuple(Bonded(each, 1) for each in sorted(key(n).public for n in range(4)))
    agreement = Agreement(kind=kind, epoch_blocks=epoch_blocks, voters=bonded, **fields)
    changes = ChangeRules(heartbeat_ms=1_000) if version >= 5 else None
    return Parameters(version=version, agreement=agreement, changes=changes)


def solo_parameters(version: int = 5, **fields: Any) -> Parameters:
    """Parameters of a network whose blocks one key makes."""
    changes = ChangeRules() if version >= 5 else None
    return Parameters(version=version, proposers=(key(0).public,), changes=changes, **fields)


def parameters_data(params: Parameters) -> bytes:
    return encode(params.as_fields())


@cache
def state_of(height: int, data: bytes) -> tuple[bytes, bytes]:
    """The root of a state after a block, with parameters among other leaves, and the proof of those."""
    store = MemoryStore()
    with store.write() as writer:
        tree = Tree.open(writer)
        tree.update(writer, _leaves(height, data))
    with store.read() as reader:
        tree = Tree.open(reader)
        return tree.root, encode_proof(tree.prove(PARAMETERS_KEY))


@cache
def makers_proof(
    height: int, data: bytes, neuron: bytes, leaf: bytes = b""
) -> tuple[bytes, bytes, bytes]:
    """The root of that state, the proof of who signs for a neuron, and that of the parameters.

    ``leaf`` says where the neuron's key was rotated.
    """
    store = MemoryStore()
    asked = KEY_PREFIX + neuron
    with store.write() as writer:
        tree = Tree.open(writer)
        own: dict[bytes, bytes | None] = {asked: leaf} if leaf else {}
        tree.update(writer, {**_leaves(height, data), **own})
    with store.read() as reader:
        tree = Tree.open(reader)
        proofs = tree.prove_many([asked]), tree.prove(PARAMETERS_KEY)
        return tree.root, encode_proof(proofs[0]), encode_proof(proofs[1])


def _leaves(height: int, data: bytes) -> dict[bytes, bytes | None]:
    others = {b"/kv/leaf %d" % at: b"%d %d" % (height, at) for at in range(5)}
    return {**others, PARAMETERS_KEY: data}


@dataclass(frozen=True)
class Epoch:
    """So many blocks under one set of parameters; ``validators`` decide them."""

    length: int
    params: Parameters
    validators: Mapping[int, int] = field(default_factory=lambda: {0: 1, 1: 1, 2: 1, 3: 1})


def committed_bytes(epoch: Epoch) -> bytes:
    """What the header before an epoch commits to: its validators, or the key that makes its blocks."""
    if epoch.params.agreement is None:
        return encode([key(0).public])
    return validators_bytes(epoch.validators)


def committed_digest(epoch: Epoch) -> bytes:
    data = committed_bytes(epoch)
    return digest(data) if epoch.params.agreement is None else sha256(data).digest()


@dataclass
class ChangingChain:
    """Block 0 and those of ``epochs``; ``undecided`` are heights that a later decision covers."""

    epochs: Sequence[Epoch]
    undecided: Sequence[int] = ()
    step_ms: int = 1_000
    headers: list[Header] = field(default_factory=list)
    signed: list[SignedHeader] = field(default_factory=list)
    begun: list[int] = field(default_factory=list)
    """The height of the last block of each epoch, block 0 first."""

    def __post_init__(self) -> None:
        last = 0
        self.begun.append(0)
        for each in self.epochs:
            last += each.length
            self.begun.append(last)
        for height in range(last + 1):
            self._add(height)

    @property
    def last(self) -> int:
        return len(self.headers) - 1

    def number(self, height: int) -> int:
        """The epoch of a block."""
        return next(at for at, last in enumerate(self.begun) if height <= last)

    def epoch(self, height: int) -> Epoch:
        """What holds for a block; for block 0 and behind the last one what holds beside it."""
        number = self.number(min(max(height, 1), self.begun[-1]))
        return self.epochs[number - 1]

    def _add(self, height: int) -> None:
        own, after = self.epoch(height), self.epoch(height + 1)
        root, _ = state_of(height, parameters_data(after.params))
        changed: dict[str, Any] = {"state_root": root}
        number = self.number(height)
        if own.params.can_change:
            changed |= {
                "version": 2,
                "epoch": number,
                "engine": own.params.kind,
                "ends_epoch": height in self.begun,
            }
        parent = self.headers[-1].id if height else bytes(32)
        committed = committed_digest(after)
        if height:
            changed["time"] = self.headers[0].time + height * self.step_ms
        made = header(height, parent, committed, own.params, **changed)
        self.headers.append(made)
        self.signed.append(self._sign(height, made, number))

    def _sign(self, height: int, made: Header, number: int) -> SignedHeader:
        own, before = self.epoch(height), self.epoch(height - 1)
        rotation = proof = decided = b""
        is_solo = own.params.agreement is None
        if height > 1 and own.validators != before.validators and not is_solo:
            rotation = validators_bytes(own.validators)
        if height > 1 and not is_solo and before.params.agreement is None:
            rotation = validators_bytes(own.validators)
        if height > 1 and is_solo and before.params.agreement is not None:
            data = parameters_data(own.params)
            _, rotation, _ = makers_proof(height - 1, data, key(0).public)
        if height > 1 and own.params != before.params:
            _, proof = state_of(height - 1, parameters_data(own.params))
        is_open = height in self.undecided and height not in self.begun
        if height and not is_open and not is_solo:
            decided = decision(made, sorted(own.validators), epoch=number)
        signature = key(0).sign(BLOCK_DOMAIN, made.id)
        return SignedHeader(made.encode(), signature, rotation, decided, proof)

    def trusted(self, height: int = 0) -> Trusted:
        """Who begins with a block of it."""
        return Trusted.beginning(
            self.headers[height],
            parameters_data(self.epoch(height).params),
            committed_bytes(self.epoch(height + 1)),
        )

    def client(self, height: int = 0) -> LightChain:
        return LightChain(self.trusted(height))

    def now(self, height: int) -> int:
        """A moment after a block."""
        return self.headers[height].time + 500

    def resigned(self, height: int, **fields: Any) -> SignedHeader:
        """A header that its validators decided, with other fields than the chain has."""
        made = msgspec.structs.replace(self.headers[height], **fields)
        own = self.epoch(height)
        number = made.epoch if made.version > 1 else self.number(height)
        decided = b""
        if own.params.agreement is not None:
            decided = decision(made, sorted(own.validators), epoch=number)
        return msgspec.structs.replace(
            self.signed[height],
            header=made.encode(),
            proof=key(0).sign(BLOCK_DOMAIN, made.id),
            decision=decided,
        )
