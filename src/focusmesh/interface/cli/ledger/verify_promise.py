"""What ``focusmesh verify`` says of a node's promise: who gave it, for what, and whether it is open, kept or broken."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from focusmesh.engine.support import parallel
from focusmesh.errors import BlockError, ParameterError, ProofError
from focusmesh.host.storage import kind_of
from focusmesh.interface.cli.shared.ledger_options import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.interface.cli.shared.screen import Screen
    from focusmesh.kernel.admission import Promise
    from focusmesh.kernel.block import Chain, Header
    from focusmesh.kernel.state import Account

FILE_BYTES_MAX = 1 << 16
"""Of a promise as an answer of a server has it; of a proof of an account."""
_HEX = re.compile(rb"8258(?:[0-9a-f]{2})+")
_BYTES = b"\x82\x58"
"""The first bytes of a promise: an array of two, of which the first is a byte string."""


def promise_in(where: str) -> bytes | None:
    """The promise in a file: its bytes, in hexadecimal, or as ``promise`` of a JSON object; None for other files."""
    path = Path(where)
    if not path.is_file():
        return None
    with path.open("rb") as file:
        content = file.read(FILE_BYTES_MAX + 1)
    if len(content) > FILE_BYTES_MAX:
        return None
    if content.startswith(_BYTES):
        return content
    text = content.strip()
    if text.startswith(b"{") and b'"promise"' in text:
        try:
            said = json.loads(text).get("promise")
        except (ValueError, AttributeError, RecursionError):
            return None
        text = said.encode("utf-8", "replace") if isinstance(said, str) else b""
    return bytes.fromhex(text.decode()) if _HEX.fullmatch(text) else None


def tell_promise(
    data: bytes, ledger: str | None, header: Header | None, proof: str | None, screen: Screen
) -> None:
    """Tells of a promise; by a ledger, or by a header with a proof of the account, what became of it.

    Raises ProofError ``"promise"`` for one that does not hold and for one that was broken.
    """
    from focusmesh.kernel.admission import BROKEN, OPEN, verify_promise

    promise = verify_promise(data)
    outcome, block = OPEN, None
    if ledger is not None:
        with _chain(ledger) as chain:
            outcome, block = _by_chain(promise, chain)
    elif header is not None:
        outcome = _by_header(promise, header, proof)
    facts = {name: _as_text(value) for name, value in _fields(promise).items()}
    if screen.as_json:
        screen.document({"kind": "promise", **facts, "outcome": outcome, "block": block})
    words = f"valid: a promise of a turn by block {promise.by} for signal {facts['signal']}"
    where = "" if block is None else f", the signal is in block {block}"
    known = ledger is not None or header is not None
    screen.lines([words, *([f"{outcome}{where}"] if known else [])])
    screen.narrate(f"given by node {facts['node']} at block {promise.height}")
    if outcome == BROKEN:
        raise ProofError(
            "promise",
            f"node {facts['node']} broke its promise: in the state of block {promise.by} the turn of signal "
            f"{facts['signal']} was open, and no block up to there has it",
        )


def _fields(promise: Promise) -> dict[str, Any]:
    return {name: getattr(promise, name) for name in promise.__struct_fields__}


def _as_text(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


@contextmanager
def _chain(where: str) -> Iterator[Chain]:
    """That of a ledger's folder, or of an exported chain, which is carried out in memory."""
    if kind_of(Path(where)) == "chain":
        from focusmesh.host.storage import verify_archive
        from focusmesh.protocol.world import SignaturePool

        with SignaturePool(parallel.thread_count()) as pool:
            yield verify_archive(Path(where), pool)
    else:
        with open_ledger(where) as shared:
            yield shared.reading()


def _by_chain(promise: Promise, chain: Chain) -> tuple[str, int | None]:
    """What became of it, and the block that has the signal. O(bodies of its blocks)."""
    from focusmesh.kernel.admission import KEPT, OPEN
    from focusmesh.kernel.state import read_account

    _verify_network(promise, chain.network)
    block = _block_of(promise, chain)
    if block is not None:
        return KEPT, block
    if chain.height < promise.by:
        return OPEN, None
    try:
        with chain.state.at(promise.by) as view:
            return promise.outcome(promise.by, read_account(view.get, promise.neuron)), None
    except BlockError as error:
        raise BlockError(
            error.code,
            f"{error}; this promise is judged by block {promise.by}: give its header with --header, and with --proof a "
            "proof of the account that somebody made in time",
        ) from error


def _block_of(promise: Promise, chain: Chain) -> int | None:
    from focusmesh.kernel.node import outcomes

    bytes_max = chain.parameters.block_bytes_max
    first = max(promise.height, chain.base) + 1
    for height in range(first, min(promise.by, chain.height) + 1):
        found = outcomes(chain.block(height), bytes_max)
        if any(placed.signal == promise.signal for placed in found):
            return height
    return None


def _by_header(promise: Promise, header: Header, proof: str | None) -> str:
    _verify_network(promise, header.network)
    if header.height < promise.by:
        return promise.outcome(header.height, None)
    account = None if header.height > promise.by else _proved_account(promise, header, proof)
    return promise.outcome(header.height, account)


def _proved_account(promise: Promise, header: Header, where: str | None) -> Account | None:
    """The account of the neuron in the state of a header, by what ``GET /v1/proof`` answered."""
    from focusmesh.kernel.state import (
        Account,
        account_key,
        decode_proof,
        verify_membership,
        verify_non_membership,
    )

    key = account_key(promise.neuron)
    if where is None:
        raise ParameterError(
            f"a header alone does not say what the account was: give --proof FILE, the answer of "
            f"GET /v1/proof?key={key.hex()}&at={promise.by}"
        )
    try:
        said = json.loads(_read(where))
        proof = decode_proof(bytes.fromhex(said["proof"]))
        value = None if said["value"] is None else bytes.fromhex(said["value"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProofError("proof", f"{where} is not a proof as GET /v1/proof answers it") from error
    if value is None:
        verify_non_membership(header.state_root, proof, key)
        return None
    verify_membership(header.state_root, proof, key, value)
    return Account.decode(value)


def _read(where: str) -> bytes:
    with Path(where).open("rb") as file:
        content = file.read(FILE_BYTES_MAX + 1)
    if len(content) > FILE_BYTES_MAX:
        raise ProofError(
            "proof",
            f"{where} is larger than the proof of an account: over {FILE_BYTES_MAX:,} bytes",
        )
    return content


def _verify_network(promise: Promise, network: bytes) -> None:
    if promise.network != network:
        raise ProofError(
            "promise",
            f"this promise is of network {promise.network.hex()}, what it is held against of {network.hex()}",
        )
