"""Where a light client begins: a network's id, which its genesis is held to; or the id of a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, FileError, FocusmeshError, ProofError
from focusmesh.host.light.header_search import only_header, shown_parameters, shown_validators
from focusmesh.host.service import NotThereError
from focusmesh.host.storage import operations
from focusmesh.ids import digest
from focusmesh.kernel.block import (
    Chain,
    Genesis,
    Header,
    read_parameters,
    validator_set_bytes,
)
from focusmesh.kernel.light import LightChain, LightRules, Trusted
from focusmesh.kernel.state import MemoryStore
from focusmesh.protocol.codec import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.host.light.share_sources import Source


def begin_with_network(sources: Sequence[Source], network: bytes) -> Trusted:
    """At block 0, which follows from the genesis that the id is the digest of.

    Raises what the last source's answer is refused with; ProofError as ``Trusted.beginning``.
    """

    def ask(source: Source) -> Trusted:
        genesis = Genesis.decode(source.genesis())
        if genesis.network != network:
            raise ProofError(
                "network", f"its network is {genesis.network.hex()}, not {network.hex()}"
            )
        LightRules.of(genesis.parameters)
        chain = Chain.create(MemoryStore(), genesis, operations())
        return Trusted.beginning(chain.tip, _parameters(genesis), _first_validators(chain))

    return _of_first(sources, ask)


def begin_at_block(sources: Sequence[Source], height: int, block: bytes) -> Trusted:
    """At a block that somebody else vouches for; nothing is believed but its id. Raises as ``begin_with_network``."""

    def ask(source: Source) -> Trusted:
        signed = source.headers(height, height)
        header = Header.decode(signed[0].header) if signed else None
        if header is None or header.id != block:
            found = "nothing" if header is None else header.id.hex()
            raise ProofError("block", f"block {height} must have the id {block.hex()}, not {found}")
        genesis = Genesis.decode(source.genesis())
        if header.network != genesis.network:
            raise ProofError("network", "its genesis and the block are of different networks")
        first = _parameters(genesis)
        data = first if digest(first) == header.params_hash else b""
        parameters = data or shown_parameters(source, header, first)
        rules = LightRules.of(read_parameters(parameters, header))
        return _with_validators(source, header, parameters, rules)

    return _of_first(sources, ask)


def _with_validators(
    source: Source, header: Header, parameters: bytes, rules: LightRules
) -> Trusted:
    """Validators that the header commits to are the right ones, whoever shows them."""
    height, refusal = header.height, ProofError("electorate", "no source shows the validator set")
    shown: list[Callable[[], bytes]] = [lambda: source.validators(height + 1)]
    if rules.has_decisions:
        shown.append(lambda: shown_validators(source, header))
    else:
        shown.append(lambda: encode([header.proposer]))
        # The last block of a key that hands over names validators, whom the next header shows.
        shown.append(lambda: only_header(source, height + 1).rotation)
    shown.append(lambda: _first_validators_of(source))
    for show in shown:
        try:
            validators = show()
            if validators:
                return Trusted.beginning(header, parameters, validators)
        except (FileError, NotThereError, BlockError):
            continue
        except ProofError as error:
            refusal = error
    raise refusal


def check_begun(trusted: Trusted, now: int) -> None:
    """Raises ProofError ("stale", "clock") where nobody can go on from there."""
    LightChain(trusted).check_age(now)


def _parameters(genesis: Genesis) -> bytes:
    return encode(genesis.parameters.as_fields())


def _first_validators_of(source: Source) -> bytes:
    genesis = Genesis.decode(source.genesis())
    return _first_validators(Chain.create(MemoryStore(), genesis, operations()))


def _first_validators(chain: Chain) -> bytes:
    validator_set = chain.validator_set
    return (
        encode(list(chain.proposers))
        if validator_set is None
        else validator_set_bytes(validator_set)
    )


def _of_first(sources: Sequence[Source], ask: Callable[[Source], Trusted]) -> Trusted:
    refusal: FocusmeshError = ProofError("source", "no source was named: name at least one")
    for source in sources:
        try:
            return ask(source)
        except (FileError, NotThereError, ProofError, BlockError) as error:
            refusal = error
    raise refusal
