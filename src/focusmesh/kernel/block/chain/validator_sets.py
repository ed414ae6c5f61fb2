"""Who votes on which block: epochs of so many blocks, each with the validator set of its predecessor's last state.

Under "meta", ``electorate/`` ‖ the first height that it votes on: the canonical bytes of a validator set that is
another
than the one before, or nothing where keys make the blocks again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.block.records import height_key
from focusmesh.kernel.block.validation import check_same
from focusmesh.kernel.state import (
    VALIDATOR_PREFIX,
    bond_key,
    read_bonds,
    release_bond,
    validator_weight,
    voting_weights,
)
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.consensus import ValidatorSet
    from focusmesh.kernel.state import BlockWrites, Parameters, Reader, Tree, Writer

VALIDATOR_SET_BYTES_MAX = 1 << 16
"""More than the most validators take."""
NOBODY = b""
"""What is kept in the place of a validator set from the block on that keys make again."""
_TABLE, ELECTORATE_PREFIX = "meta", b"electorate/"


def epoch_of(height: int, parameters: Parameters) -> int:
    """The epoch whose validator set decides the block of a height; 0 for the first block, which nobody decides."""
    return -(-height // parameters.required_agreement.epoch_blocks)


def epoch_end(epoch: int, parameters: Parameters) -> int:
    """The height of the last block of an epoch."""
    return epoch * parameters.required_agreement.epoch_blocks


def validator_set_bytes(validator_set: ValidatorSet) -> bytes:
    """The canonical bytes, of which ``ValidatorSet.digest`` is the SHA-256: ``[[key, weight], …]`` by rising key."""
    return encode([[validator, weight] for validator, weight in validator_set.weights.items()])


def read_validator_set(data: bytes) -> ValidatorSet:
    """What ``validator_set_bytes`` wrote. Raises ProofError ``"validator_set"`` for anything else."""
    from focusmesh.kernel.consensus import ValidatorSet

    try:
        pairs = decode(data, bytes_max=VALIDATOR_SET_BYTES_MAX)
        weights = msgspec.convert(pairs, list[tuple[bytes, int]], builtin_types=(bytes,))
        validator_set = ValidatorSet(dict(weights))
    except (CodecError, msgspec.ValidationError) as error:
        raise ProofError("electorate", f"these bytes are not a validator set: {error}") from error
    if validator_set_bytes(validator_set) != data:
        raise ProofError("electorate", "validators must rise, each once")
    return validator_set


def first_validator_set(parameters: Parameters) -> ValidatorSet | None:
    """Who votes in the first epoch; None where nobody votes."""
    from focusmesh.kernel.consensus import ValidatorSet

    if parameters.agreement is None:
        return None
    return ValidatorSet(
        {validator.neuron: validator.amount for validator in parameters.agreement.voters}
    )


def validator_set_after(
    moved: BlockWrites,
    time: int,
    validator_set: ValidatorSet | None,
    before: Parameters,
    after: Parameters,
) -> ValidatorSet | None:
    """Who votes in the epoch after one that ends with a block of ``time``, whose state ``moved`` is; None for nobody.

    ``validator_set`` votes on that block, None where one key made it, by the parameters ``before``; those ``after`` say
    who is elected. The time of what was unbonded in the epoch begins to run. Where nobody has bonded enough the
    validators stay: somebody has to decide the block that bonds again. O(bonds · log bonds).
    """
    if before.agreement is not None:
        for neuron, bond in list(read_bonds(moved.scan(VALIDATOR_PREFIX))):
            if any(not each.until for each in bond.unbonding):
                released = release_bond(bond, time + before.agreement.unbonding_ms)
                moved.put_entry(bond_key(neuron), released.encode())
    return None if after.agreement is None else select_validators(moved, validator_set, after)


def select_validators(
    state: BlockWrites | Tree, before: ValidatorSet | None, parameters: Parameters
) -> ValidatorSet:
    """Whom a state elects; who voted ``before`` where it elects nobody. O(bonds · log bonds).

    Where nobody voted before, the block that hands over has bonded the first validators.
    """
    from focusmesh.kernel.consensus import ValidatorSet

    bonds = read_bonds(state.scan(VALIDATOR_PREFIX))
    weights = voting_weights(
        state.get,
        bonds,
        parameters.required_agreement,
        lambda neuron, bond: validator_weight(state.get, neuron, bond, parameters.staking),
    )
    if weights or before is None:
        return ValidatorSet(weights)
    return before


def write_validator_set(writer: Writer, height: int, data: bytes) -> None:
    """Keeps who votes on the block of ``height``, others than on the one before."""
    writer.put(_TABLE, ELECTORATE_PREFIX + height_key(height), data)


def changed_validator_set(reader: Reader, height: int) -> bytes:
    """The validator set that votes on the block of ``height``; nothing where it is the same as on the one before."""
    return reader.get(_TABLE, ELECTORATE_PREFIX + height_key(height)) or b""


def has_validator_sets(reader: Reader) -> bool:
    """Whether validators vote on any block that is here, or on the next one."""
    start = ELECTORATE_PREFIX
    return any(data for _, data in reader.scan(_TABLE, start, start + b"\xff"))


def validator_set_at(reader: Reader, height: int) -> bytes:
    """The validator set that votes on the block of ``height``, the first one or a later; O(log n)."""
    for _, data in reader.scan(
        _TABLE, ELECTORATE_PREFIX, ELECTORATE_PREFIX + height_key(height + 1), reverse=True
    ):
        return data
    return b""


def seal_validator_set(writer: Writer, state: Tree, header: Header, parameters: Parameters) -> None:
    """Keeps who votes on the block after ``header``, whose state is whole, and lets go of those later.

    Headers that came may have said so already; of block 0 the genesis says it, and nobody voted on that one. Where keys
    make that block it is kept that nobody does, if validators decided the last one. Raises BlockError
    ("validators-hash") where the header names others than that state elects.
    """
    following, stop = header.height + 1, ELECTORATE_PREFIX + b"\xff"
    start = ELECTORATE_PREFIX + height_key(following + 1)
    writer.delete_many(_TABLE, [key for key, _ in writer.scan(_TABLE, start, stop)])
    voted = validator_set_at(writer, header.height)
    if parameters.agreement is None:
        if voted:
            write_validator_set(writer, following, NOBODY)
        return
    known = validator_set_at(writer, following)
    if known and read_validator_set(known).digest() == header.validators_hash:
        return
    before = read_validator_set(voted) if voted else None
    after = select_validators(state, before, parameters)
    check_same("validators_hash", header.validators_hash, after.digest())
    write_validator_set(writer, following, validator_set_bytes(after))
