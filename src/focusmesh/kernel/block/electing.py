"""Who votes on which block: epochs of so many blocks, each with the electorate that its predecessor's last state has.

Under "meta", ``electorate/`` ‖ the first height that it votes on: the canonical bytes of an electorate that is another
than the one before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.block.checking import check_same
from focusmesh.kernel.block.records import height_key
from focusmesh.kernel.state import (
    VALIDATOR_PREFIX,
    bond_key,
    read_bonds,
    released,
    voting_weights,
)
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.consensus import Electorate
    from focusmesh.kernel.state import Moved, Parameters, Reader, Tree, Writer

ELECTORATE_BYTES_MAX = 1 << 16
"""More than the most voters take."""
_TABLE, ELECTORATE_PREFIX = "meta", b"electorate/"


def epoch_of(height: int, parameters: Parameters) -> int:
    """The epoch whose electorate decides the block of a height; 0 for the first block, which nobody decides."""
    return -(-height // parameters.agreed.epoch_blocks)


def epoch_end(epoch: int, parameters: Parameters) -> int:
    """The height of the last block of an epoch."""
    return epoch * parameters.agreed.epoch_blocks


def electorate_bytes(electorate: Electorate) -> bytes:
    """The canonical bytes, of which ``Electorate.digest`` is the SHA-256: ``[[key, weight], …]`` by rising key."""
    return encode([[voter, weight] for voter, weight in electorate.weights.items()])


def read_electorate(data: bytes) -> Electorate:
    """What ``electorate_bytes`` wrote. Raises ProofError ``"electorate"`` for anything else."""
    from focusmesh.kernel.consensus import Electorate

    try:
        pairs = decode(data, bytes_max=ELECTORATE_BYTES_MAX)
        weights = msgspec.convert(pairs, list[tuple[bytes, int]], builtin_types=(bytes,))
        electorate = Electorate(dict(weights))
    except (CodecError, msgspec.ValidationError) as error:
        raise ProofError("electorate", f"these bytes are no electorate: {error}") from error
    if electorate_bytes(electorate) != data:
        raise ProofError("electorate", "voters rise, each once")
    return electorate


def first_electorate(parameters: Parameters) -> Electorate | None:
    """Who votes in the first epoch; None where nobody votes."""
    from focusmesh.kernel.consensus import Electorate

    if parameters.agreement is None:
        return None
    return Electorate({voter.neuron: voter.amount for voter in parameters.agreement.voters})


def electorate_after(
    moved: Moved, height: int, time: int, electorate: Electorate, parameters: Parameters
) -> Electorate:
    """Who votes on the block after the one of ``height``, whose state ``moved`` is, and on which ``electorate`` votes.

    At the end of an epoch the time of what was unbonded in it begins to run. Where nobody has bonded enough the voters
    stay: somebody has to decide the block that bonds again. O(bonds) then, else O(1).
    """
    if height % parameters.agreed.epoch_blocks:
        return electorate
    for neuron, bond in list(read_bonds(moved.scan(VALIDATOR_PREFIX))):
        if any(not each.until for each in bond.unbonding):
            after = released(bond, time + parameters.agreed.unbonding_ms)
            moved.put_entry(bond_key(neuron), after.encode())
    return elected(moved, electorate, parameters)


def elected(state: Moved | Tree, before: Electorate, parameters: Parameters) -> Electorate:
    """Whom a state elects; who voted before where it elects nobody. O(bonds · log bonds)."""
    from focusmesh.kernel.consensus import Electorate

    bonds = read_bonds(state.scan(VALIDATOR_PREFIX))
    weights = voting_weights(state.get, bonds, parameters.agreed)
    return Electorate(weights) if weights else before


def write_electorate(writer: Writer, height: int, data: bytes) -> None:
    """Keeps who votes on the block of ``height``, others than on the one before."""
    writer.put(_TABLE, ELECTORATE_PREFIX + height_key(height), data)


def changed_electorate(reader: Reader, height: int) -> bytes:
    """The electorate that votes on the block of ``height``; nothing where it is the same as on the one before."""
    return reader.get(_TABLE, ELECTORATE_PREFIX + height_key(height)) or b""


def electorate_at(reader: Reader, height: int) -> bytes:
    """The electorate that votes on the block of ``height``, the first one or a later; O(log n)."""
    for _, data in reader.scan(
        _TABLE, ELECTORATE_PREFIX, ELECTORATE_PREFIX + height_key(height + 1), reverse=True
    ):
        return data
    return b""


def seal_electorate(writer: Writer, state: Tree, header: Header, parameters: Parameters) -> None:
    """Keeps who votes on the block after ``header``, whose state is whole, and lets go of those later.

    Raises BlockError ("validators-hash") where the header names others than that state elects.
    """
    stop = ELECTORATE_PREFIX + b"\xff"
    later = [
        key
        for key, _ in writer.scan(_TABLE, ELECTORATE_PREFIX + height_key(header.height + 1), stop)
    ]
    writer.delete_many(_TABLE, later)
    electorate = read_electorate(electorate_at(writer, header.height))
    if electorate.digest() == header.validators_hash:
        return
    after = elected(state, electorate, parameters)
    check_same("validators_hash", header.validators_hash, after.digest())
    write_electorate(writer, header.height + 1, electorate_bytes(after))
