"""``focusmesh verify PROMISE``: form and signature alone; what became of it by a ledger, an export or a header."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

import focusmesh
from focusmesh.host.storage import Folder, OpenedChain
from focusmesh.interface.cli.shared.failures import ExitCode
from focusmesh.kernel.admission import Promise
from focusmesh.kernel.node import outcomes
from focusmesh.kernel.state import account_key, encode_proof, read_account
from focusmesh.protocol.identity import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

NODE = SigningKey(b"the node".ljust(32))


@pytest.fixture
def told(ledger: Path, alice: SigningKey) -> Path:
    """The ledger with three blocks of alice's signals."""
    for target in "bcd":
        with focusmesh.open(ledger) as graph:
            graph.link("a", target)
    return ledger


def facts(ledger: Path, neuron: bytes) -> dict[str, Any]:
    """What a promise for the signal in block 2 says."""
    chain = OpenedChain.of(Folder(ledger))
    reading = chain.reading()
    (placed,) = outcomes(reading.block(2), reading.parameters.block_bytes_max)
    with reading.state.at(1) as view:
        account = read_account(view.get, neuron)
    assert account is not None
    found = {"network": reading.network, "signal": placed.signal, "nonce": account.nonce}
    chain.release()
    return {**found, "neuron": neuron, "tip": 0, "height": 1, "by": 3, "node": NODE.public}


def written(path: Path, fields: dict[str, Any], form: str = "answer") -> Path:
    data = Promise(**fields).sign(NODE)
    if form == "bytes":
        path.write_bytes(data)
    elif form == "hexadecimal":
        path.write_text(data.hex() + "\n", encoding="utf-8")
    else:
        answer = {"id": fields["signal"].hex(), "code": "waiting", "promise": data.hex()}
        path.write_text(json.dumps(answer), encoding="utf-8")
    return path


def evidence(ledger: Path, neuron: bytes, height: int, folder: Path, invoke: Invoke) -> list[str]:
    """Options: the header of a block and a proof of the account there, as they would be fetched."""
    header, proof = folder / "header.json", folder / "account.json"
    said = invoke("chain", "header", "--ledger", ledger, "--at", str(height), "--json").stdout
    header.write_text(said, encoding="utf-8")
    chain, key = OpenedChain.of(Folder(ledger)), account_key(neuron)
    with chain.reading().state.at(height) as view:
        value, shown = view.get(key), encode_proof(view.tree.prove(key))
    chain.release()
    answer = {"key": key.hex(), "value": value and value.hex(), "proof": shown.hex()}
    proof.write_text(json.dumps(answer), encoding="utf-8")
    return ["--header", str(header), "--proof", str(proof)]


@pytest.mark.parametrize("form", ["answer", "bytes", "hexadecimal"])
def test_form_and_signature_are_checked_alone(
    invoke: Invoke, told: Path, tmp_path: Path, alice: SigningKey, form: str
) -> None:
    path = written(tmp_path / "promise", facts(told, alice.public), form)
    done = invoke("verify", path)
    assert done.stdout.startswith("valid: a promise of a turn by block 3 for signal ")
    assert f"given by node {NODE.public.hex()} at block 1" in done.stderr
    assert "kept" not in done.stdout


def test_a_promise_that_nobody_signed_does_not_hold(
    invoke: Invoke, told: Path, tmp_path: Path, alice: SigningKey
) -> None:
    path = written(tmp_path / "promise", facts(told, alice.public), "bytes")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert "does not hold" in invoke("verify", path, code=ExitCode.REFUSED).stderr


@pytest.mark.parametrize("is_exported", [False, True])
def test_a_ledger_or_an_export_says_which_block_kept_it(
    invoke: Invoke,
    document: Callable[..., dict[str, Any]],
    told: Path,
    tmp_path: Path,
    alice: SigningKey,
    is_exported: bool,
) -> None:
    path = written(tmp_path / "promise", facts(told, alice.public))
    source = told
    if is_exported:
        source = tmp_path / "library.chain"
        invoke("chain", "export", "-o", source, "--ledger", told)
    found = document("verify", path, "--ledger", source)
    assert (found["outcome"], found["block"], found["by"]) == ("kept", 2, 3)
    assert "kept, the signal is in block 2" in invoke("verify", path, "--ledger", source).stdout


def test_before_its_block_it_is_open(
    document: Callable[..., dict[str, Any]], told: Path, tmp_path: Path, alice: SigningKey
) -> None:
    fields = facts(told, alice.public) | {"signal": bytes(32), "by": 4}
    found = document("verify", written(tmp_path / "promise", fields), "--ledger", told)
    assert (found["outcome"], found["block"]) == ("open", None)


def test_a_turn_that_stayed_open_breaks_it(
    invoke: Invoke, told: Path, tmp_path: Path, alice: SigningKey
) -> None:
    """Alice's next nonce in the state of block 3, for a signal that no block has."""
    fields = facts(told, alice.public)
    broken = fields | {"signal": bytes(32), "nonce": fields["nonce"] + 2}
    path = written(tmp_path / "promise", broken)
    options = evidence(told, alice.public, 3, tmp_path, invoke)
    for how in (["--ledger", str(told)], options):
        done = invoke("verify", path, *how, code=ExitCode.REFUSED)
        assert "broken" in done.stdout
        assert f"node {NODE.public.hex()} broke its promise" in done.stderr
    # The twin: one nonce later its turn had not come, and somebody else's signal answers for it.
    kept = written(tmp_path / "other", broken | {"nonce": fields["nonce"] + 3})
    for how in (["--ledger", str(told)], options):
        assert "kept" in invoke("verify", kept, *how).stdout


def test_evidence_of_another_block_or_account_is_refused(
    invoke: Invoke, told: Path, tmp_path: Path, alice: SigningKey, bob: SigningKey
) -> None:
    fields = facts(told, alice.public) | {"signal": bytes(32)}
    path = written(tmp_path / "promise", fields)
    options = evidence(told, bob.public, 3, tmp_path, invoke)
    invoke("verify", path, *options, code=ExitCode.REFUSED)
    early = written(tmp_path / "early", fields | {"by": 2})
    done = invoke("verify", early, *options, code=ExitCode.REFUSED)
    assert "judged by the state of block 2, not by that of 3" in done.stderr
    done = invoke("verify", path, *options[:2], code=ExitCode.USAGE)
    assert "GET /v1/proof?key=" in done.stderr
    (tmp_path / "account.json").write_text("[]", encoding="utf-8")
    assert "is not a proof" in invoke("verify", path, *options, code=ExitCode.REFUSED).stderr


def test_another_network_judges_nothing(
    invoke: Invoke, told: Path, tmp_path: Path, alice: SigningKey
) -> None:
    path = written(tmp_path / "promise", facts(told, alice.public) | {"network": bytes(32)})
    done = invoke("verify", path, "--ledger", told, code=ExitCode.REFUSED)
    assert "is of network 0000" in done.stderr


def test_a_proof_belongs_to_a_promise(invoke: Invoke, told: Path, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"promise": 7}', encoding="utf-8")
    done = invoke("verify", tmp_path / "other.json", "--proof", "x", code=ExitCode.USAGE)
    assert "--proof belongs to a promise" in done.stderr


def test_what_a_promise_says_is_shown_whole(
    document: Callable[..., dict[str, Any]], told: Path, tmp_path: Path, alice: SigningKey
) -> None:
    fields = facts(told, alice.public)
    found = document("verify", written(tmp_path / "promise", fields))
    plain = msgspec.to_builtins(Promise(**fields), builtin_types=(bytes,))
    assert {name: found[name] for name in plain} == {
        name: value.hex() if isinstance(value, bytes) else value for name, value in plain.items()
    }
    assert (found["kind"], found["outcome"], found["block"]) == ("promise", "open", None)
