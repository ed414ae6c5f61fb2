"""Parameters of a version that came later, proved under a root, say `upgrade`: they are no damage and no forgery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from focusmesh.errors import BlockError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.block import read_parameters
from focusmesh.kernel.block.chain.parameter_proofs import position_at, read_parameter_proof
from focusmesh.kernel.state import VERSION_PAYING
from focusmesh.protocol.codec import encode
from tests.kernel.block.changing import Solo
from tests.kernel.block.ledger import KEYS

if TYPE_CHECKING:
    from focusmesh.kernel.block import Header


def header_of(data: bytes) -> Header:
    """A header that commits to parameters."""
    return msgspec.structs.replace(Solo().chain.tip, params_hash=digest(data))


@pytest.mark.parametrize("version", [VERSION_PAYING + 1, 2**40])
def test_newer_parameters_ask_for_an_upgrade(version: int) -> None:
    data = encode({"version": version, "unheard_of": {"a": 1}})
    with pytest.raises(ProofError, match=f"rules of version {version}.*upgrade it") as caught:
        read_parameters(data, header_of(data))
    assert caught.value.code == "upgrade"


@pytest.mark.parametrize(
    "fields",
    [{"unheard_of": 1}, {"version": VERSION_PAYING, "unheard_of": 1}, [7], {"version": "7"}],
)
def test_what_is_no_parameters_is_none(fields: Any) -> None:
    data = encode(fields)
    with pytest.raises(ProofError, match="these are not parameters") as caught:
        read_parameters(data, header_of(data))
    assert caught.value.code == "parameters"


def test_bytes_that_no_root_proves_ask_for_nothing() -> None:
    """Must fail for who believes the version before the digest: any source could stop every client."""
    data = encode({"version": VERSION_PAYING + 1})
    with pytest.raises(ProofError, match="not the parameters that the header names"):
        read_parameters(data, Solo().chain.tip)


def test_a_chain_of_headers_ends_with_upgrade(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Solo()
    assert ledger.change(("link_burn", 2)) == "ok"
    chain, height = ledger.chain, ledger.chain.height
    ledger.block(ledger.links(KEYS[1], (0, 1)))
    with chain.reading() as reader:
        before = position_at(reader, height, chain.genesis.parameters)
        proof = read_parameter_proof(reader, height + 1)
    after = before.follow(chain.header(height + 1), proof)
    assert after.parameters.link_burn == 2

    def refuse(data: bytes, header: Header) -> None:
        raise ProofError("upgrade", "rules of version 7")

    monkeypatch.setattr("focusmesh.kernel.block.succession.read_parameters", refuse)
    with pytest.raises(BlockError, match="rules of version 7") as caught:
        before.follow(chain.header(height + 1), proof)
    assert caught.value.code == "upgrade"
