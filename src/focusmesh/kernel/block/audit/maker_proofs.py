"""What is kept of who made or decided each block, held against the headers: nothing is missing, nothing is extra.

A signature for each header; a proof of proposers where they change, or where validators gave the blocks to them; the
validators where they change, and that there are none from a block on that keys make again. Decisions were checked with
the headers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import BlockError
from focusmesh.kernel.block.chain.decisions import is_decision
from focusmesh.kernel.block.chain.header_builder import validators_hash
from focusmesh.kernel.block.chain.parameter_proofs import is_parameter_proof
from focusmesh.kernel.block.chain.rotations import proved_proposers, read_rotation, rotation_key
from focusmesh.kernel.block.chain.validator_sets import ELECTORATE_PREFIX
from focusmesh.kernel.block.header import VERSION
from focusmesh.kernel.block.records import height_key, read_header
from focusmesh.kernel.block.validation import check_same
from focusmesh.kernel.state import SOLO

if TYPE_CHECKING:
    from focusmesh.kernel.block.chain.chain import Chain
    from focusmesh.kernel.state import Reader


def check_maker_proofs(reader: Reader, chain: Chain) -> None:
    """Raises BlockError ("difference") for a record that is missing or extra. O(headers)."""
    last = chain.height + 1
    headers = [read_header(reader, height) for height in range(last)]
    hashes = [each.validators_hash for each in headers]
    is_voted = [chain.genesis.parameters.agreement is not None] * (last + 1)
    for height, header in enumerate(headers):
        if header.version != VERSION:
            is_voted[height] = header.engine != SOLO
    is_voted[last] = chain.validator_set is not None
    # A solo header names who made it, but for the one that hands over: that names who votes next.
    made_by = [*hashes, b"" if is_voted[last] else validators_hash(chain.proposers)]
    turns, voted, open_ = [], [], set[bytes]()
    for at in range(1, last + 1):
        begins = at == 1 or is_voted[at] != is_voted[at - 1]
        if is_voted[at] and (begins or hashes[at - 1] != hashes[at - 2]):
            voted.append(at)
        elif not is_voted[at] and at > 1 and begins:
            turns.append(at)
            voted.append(at)
        elif not is_voted[at] and at < last and is_voted[at + 1]:
            open_.add(rotation_key(at))
        elif not is_voted[at] and made_by[at] != made_by[at - 1]:
            turns.append(at)
    expected = sorted([*map(height_key, range(last)), *map(rotation_key, turns)])
    kept = [
        key
        for key, _ in reader.scan("proofs")
        if not is_parameter_proof("proofs", key)
        and key not in open_
        and not (is_decision("proofs", key) and is_voted[int.from_bytes(key[:8], "big")])
    ]
    sets = [key for key, _ in reader.scan("meta", ELECTORATE_PREFIX, ELECTORATE_PREFIX + b"\xff")]
    if kept != expected or sets != [ELECTORATE_PREFIX + height_key(height) for height in voted]:
        raise BlockError(
            "difference", "validators or proofs of headers are missing, or extra ones are stored"
        )
    for height in (each for each in voted if is_voted[each]):
        named = chain.validator_set_of(height).digest()
        check_same("validators_hash", hashes[height - 1], named)
    if last in turns:
        proof = read_rotation(reader, last)
        proved_proposers(proof, chain.tip.state_root, chain.parameters)
