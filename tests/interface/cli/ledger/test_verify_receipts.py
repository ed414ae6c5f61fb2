"""``focusmesh verify RECEIPT --header FILE``: a receipt that holds is told, one that does not ends with exit code 7."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.interface.cli.ledger.chain import header_document
from focusmesh.interface.cli.shared.failures import ExitCode
from tests.kernel.receipts.conftest import chain_with, receipts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke


def written(folder: Path, name: str, **changed: Any) -> tuple[Path, Path]:
    """A receipt, with fields changed, and the header of its block, as files."""
    receipt = receipts()[name]
    document = json.loads(receipt.to_json()) | changed
    header = header_document(chain_with(receipt).header(receipt.height))
    paths = folder / "receipt.json", folder / "header.json"
    for path, fields in zip(paths, (document, header), strict=True):
        path.write_text(json.dumps(fields), encoding="utf-8")
    return paths


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("the first", "valid: the first 20 of the focus, bound 1.5e-07\n0.10640  claim 0\n"),
        ("scores", "valid: 2 scores, bound "),
        ("an axon", "source  claim 0\ntarget  claim 7\nweight  7\n"),
        ("no axon", "valid: this axon is not there\n"),
        ("a link", "valid: this link is there\n"),
        ("a context by rows", "valid: a context by the rows that it shows, bound "),
        ("a wide context by rows", "their order is not settled\n"),
    ],
)
def test_what_holds_is_told(invoke: Invoke, tmp_path: Path, name: str, said: str) -> None:
    receipt, header = written(tmp_path, name)
    done = invoke("verify", receipt, "--header", header)
    assert said in done.stdout
    assert f"answered by {receipts()[name].node}" in done.stderr


def test_as_json(document: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    receipt, header = written(tmp_path, "a link")
    found = document("verify", receipt, "--header", header)
    assert (found["kind"], found["proof"]) == ("link", "row")
    assert found["result"] == receipts()["a link"].result


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"height": 2}, "is of block 2"),
        ({"signature": "00" * 64}, "did not sign"),
        ({"version": 2}, "version 2"),
        ({"more": 1}, "not a receipt"),
    ],
)
def test_what_does_not_hold_is_refused(
    invoke: Invoke, tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    receipt, header = written(tmp_path, "the first", **changed)
    done = invoke("verify", receipt, "--header", header, code=ExitCode.REFUSED)
    assert said in done.stderr
    assert done.stdout == ""


def test_headers_that_are_none(invoke: Invoke, tmp_path: Path) -> None:
    receipt, header = written(tmp_path, "the first")
    fields = json.loads(header.read_text(encoding="utf-8"))
    for other, said in (
        ("[]", "not a header"),
        ("{}", "not a header"),
        ("nothing", "not a header"),
        (json.dumps(fields | {"block_id": "00" * 32}), "another one"),
        (json.dumps(fields | {"state_root": "00" * 32, "block_id": None}), "is of block 3"),
    ):
        header.write_text(other, encoding="utf-8")
        done = invoke("verify", receipt, "--header", header, code=ExitCode.REFUSED)
        assert said in done.stderr
    assert "absent" in invoke("verify", receipt, "--header", "absent", code=ExitCode.FILE).stderr


def test_answering_again_needs_the_ledger(invoke: Invoke, tmp_path: Path) -> None:
    receipt, header = written(tmp_path, "a context again")
    done = invoke("verify", receipt, "--header", header, code=ExitCode.REFUSED)
    assert "--ledger DIR" in done.stderr


def test_what_is_no_receipt_is_named(invoke: Invoke, tmp_path: Path) -> None:
    receipt, header = written(tmp_path, "a link")
    receipt.write_bytes(b"\xff no JSON")
    refused = invoke("verify", receipt, "--header", header, code=ExitCode.REFUSED)
    assert f"{receipt}: a receipt is UTF-8: byte 0 is none" in refused.stderr
    receipt.write_bytes(b"no JSON")
    refused = invoke("verify", receipt, "--header", header, code=ExitCode.REFUSED)
    assert f"{receipt}: this is not a receipt" in refused.stderr


def test_a_certificate_or_a_receipt(invoke: Invoke, tmp_path: Path) -> None:
    receipt, header = written(tmp_path, "a link")
    both = invoke("verify", receipt, "more", "--header", header, code=ExitCode.USAGE)
    assert "without it" in both.stderr
    assert "--header" in invoke("verify", receipt, code=ExitCode.USAGE).stderr
