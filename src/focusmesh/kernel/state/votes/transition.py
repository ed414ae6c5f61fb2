"""How a network of an older version becomes one that can change: by properties, which every network has.

Each validator (where one key makes blocks, the proposer) gives the particle ``CHANGE_PARTICLE`` a property of the name
``CHANGE_PROPERTY``. Its value is the dag-cbor of ``[[epoch_ms, heartbeat_ms, change_epochs, change_deposit], set,
release]``: the rules of changes, the set of operations from then on, and the release that has it. Where more than two
thirds of the weight have one and the same value, the network changes with the next block.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import CodecError, ParameterError
from focusmesh.ids import DIGEST_BYTES, digest
from focusmesh.kernel.state.accounts.change_rules import ChangeRules
from focusmesh.kernel.state.accounts.parameters import VERSION_CHANGING
from focusmesh.kernel.state.key_space import OPERATIONS_KEY, PROPERTY_PREFIX
from focusmesh.kernel.state.votes.laws import operations_value
from focusmesh.kernel.state.votes.vote_count import electors_of, is_quorum
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.kernel.state.accounts.parameters import Parameters
    from focusmesh.kernel.state.staking.leaves import EndLeaves

CHANGE_PARTICLE = digest(b"focusmesh/change/1")
CHANGE_PROPERTY = f"version/{VERSION_CHANGING}"
RELEASE_BYTES_MAX = 64


def transition_value(rules: ChangeRules, operations: bytes, release: str) -> bytes:
    """The value of the property of whoever is for these rules and this set. Raises ParameterError."""
    if len(operations) != DIGEST_BYTES or not 0 < len(release.encode()) <= RELEASE_BYTES_MAX:
        raise ParameterError(
            f"a set of operations is named by {DIGEST_BYTES} bytes, its release by 1 to {RELEASE_BYTES_MAX}"
        )
    return encode([list(msgspec.structs.astuple(rules)), operations, release])


def read_transition(value: bytes) -> tuple[ChangeRules, bytes, str]:
    """What ``transition_value`` wrote. Raises ParameterError for anything else."""
    try:
        fields, operations, release = msgspec.convert(
            decode(value), tuple[tuple[int, int, int, int], bytes, str], builtin_types=(bytes,)
        )
    except (CodecError, msgspec.ValidationError) as error:
        raise ParameterError(f"these bytes name no rules of changes: {error}") from error
    rules = ChangeRules(**dict(zip(ChangeRules.__struct_fields__, fields, strict=True)))
    if transition_value(rules, operations, release) != value:
        raise ParameterError("these rules of changes are not in their canonical encoding")
    return rules, operations, release


def change_version(
    state: EndLeaves, parameters: Parameters, electorate: Mapping[bytes, int]
) -> Parameters:
    """The parameters of version 5 where more than two thirds of the weight are for one form of them, else the same.

    ``electorate``: weights by the keys that sign. O(properties of the particle), O(log n) where it has none.
    """
    prefix = PROPERTY_PREFIX + CHANGE_PARTICLE
    said = [(key[len(prefix) :], value) for key, value in state.scan(prefix)]
    electors = electors_of(state.get, electorate) if said else {}
    weights = Counter[bytes]()
    for place, value in said:
        if place[DIGEST_BYTES:] == CHANGE_PROPERTY.encode():
            weights[value] += electors.get(place[:DIGEST_BYTES], 0)
    found = max(weights, key=lambda each: weights[each], default=b"")
    if not found or not is_quorum(weights[found], sum(electors.values())):
        return parameters
    try:
        rules, operations, release = read_transition(found)
        after = msgspec.structs.replace(parameters, version=VERSION_CHANGING, changes=rules)
    except ParameterError:
        return parameters
    state.put_entry(OPERATIONS_KEY, operations_value(operations, release))
    return after
