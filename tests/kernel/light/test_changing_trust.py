"""What a light client keeps, looks back to and proves where the rules of its network change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.block import Header
from focusmesh.kernel.light import Trusted
from tests.kernel.light.chains import decision
from tests.kernel.light.test_changing import CHAIN, UPGRADED, changed

if TYPE_CHECKING:
    from focusmesh.kernel.block import SignedHeader
    from tests.kernel.light.changing import ChangingChain


def test_past_headers_of_other_rules_lead_to_the_last_one() -> None:
    client = UPGRADED.client(UPGRADED.last)
    assert client.past(UPGRADED.signed[1:-1]) == UPGRADED.headers[1]
    with pytest.raises(ProofError) as error:
        client.past([*UPGRADED.signed[1:5], *UPGRADED.signed[6:-1]])
    assert error.value.code == "parent"


def test_what_was_trusted_before_rules_could_change_is_read() -> None:
    """Files of version 1 have no field for the smaller trusting; those that need none are still written so."""
    trusted = UPGRADED.trusted(2)
    data = trusted.encode()
    assert b"htrusting" not in data
    assert b"gversion\x01" in data
    assert Trusted.decode(data) == trusted
    longer = msgspec.structs.replace(trusted, trusting=5)
    assert Trusted.decode(longer.encode()) == longer
    with pytest.raises(ProofError) as error:
        Trusted.decode(longer.encode().replace(b"gversion\x02", b"gversion\x01"))
    assert error.value.code == "trust"


def fork_of(chain: ChangingChain, at: int) -> SignedHeader:
    """Another block of a height, which its validators decided too."""
    return chain.resigned(at, state_root=bytes(32))


def test_two_final_blocks_of_one_height_are_a_proof_with_epochs_that_headers_say() -> None:
    for chain, at in ((CHAIN, 3), (CHAIN, 10), (UPGRADED, 8)):
        client = chain.client(at - 1)
        client.take(chain.signed[at : at + 1], chain.now(at))
        fork = client.prove_fork([fork_of(chain, at)])
        assert len(fork.verify(client.rules, client.header.network)) == 4
    client = CHAIN.client(2)
    client.take(CHAIN.signed[3:4], CHAIN.now(3))
    other = fork_of(CHAIN, 3)
    lying = msgspec.structs.replace(Header.decode(other.header), epoch=2)
    for decided in (decision(lying, (0, 1, 2), epoch=1), other.decision):
        with pytest.raises(ProofError) as error:
            client.prove_fork([changed(other, header=lying.encode(), decision=decided)])
        assert error.value.code == "fork"
    elsewhere = CHAIN.resigned(3, epoch=2, state_root=bytes(32))
    assert client.prove_fork([elsewhere]).verify(client.rules, lying.network) == ()
