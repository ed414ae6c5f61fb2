"""focusmesh fraud: what is proved against blocks, with headers alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.interface.cli.shared.failures import ExitCode
from focusmesh.kernel.block import SignedHeader
from focusmesh.kernel.fraud import prosecute
from tests.kernel.fraud import lies
from tests.kernel.fraud.liar import ledger_of, lie_about

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from focusmesh.kernel.block import Block
    from tests.interface.cli.conftest import Invoke
    from tests.kernel.block.ledger import Ledger

    Document = Callable[..., dict[str, Any]]


class Served:
    """Whoever gives headers of a chain, perhaps of a wrong block too, and proofs."""

    def __init__(self, ledger: Ledger, proof: bytes, wrong: Block, *, took_it: bool) -> None:
        chain = ledger.chain
        self.told = [chain.header(height) for height in range(chain.height + 1)]
        self.told += [wrong.header] if took_it else []
        self.chain, self.proof, self.wrong = chain, proof, wrong.header

    def genesis(self) -> bytes:
        return self.chain.genesis.encode()

    def tip(self) -> int:
        return len(self.told) - 1

    def headers(self, first: int, last: int) -> list[SignedHeader]:
        return [SignedHeader(header.encode(), b"") for header in self.told[first : last + 1]]

    def frauds(self) -> list[bytes]:
        return [self.wrong.id]

    def fraud(self, block: bytes) -> bytes:
        assert block == self.wrong.id
        return self.proof

    def close(self) -> None:
        self.told = []


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Served]:
    def made(*, took_it: bool) -> Served:
        ledger = ledger_of([[(f"p{at}", f"p{at + 1}", 3) for at in range(9)]])
        lie = lie_about(ledger, [("p1", "p5", 1)])
        lies.cell(lie, 3, "P", 1)
        block, liar = lie.told()
        proof = prosecute(ledger.chain, block, None, liar)
        assert proof is not None
        served = Served(ledger, proof, block, took_it=took_it)
        told = list(served.told)

        def opened(where: str, key: str | None) -> Served:
            served.told = list(told)
            return served

        monkeypatch.setattr("focusmesh.host.light.source_of", opened)
        return served

    return made


def test_proofs_are_listed_kept_and_checked(
    serve: Callable[..., Served], tmp_path: Path, invoke: Invoke, document: Document
) -> None:
    served, file = serve(took_it=True), tmp_path / "proof.fraud"
    block = served.wrong.id.hex()
    assert document("fraud", "show", "here") == {"blocks": [block]}
    invoke("fraud", "show", "here", "--block", block, "--output", file)
    assert file.read_bytes() == served.proof
    found = document("fraud", "verify", file, "here")
    assert (found["block"], found["height"], found["rule"]) == (block, 2, "stage")
    assert found["bytes"] == len(served.proof)
    assert "P of particle 3" in invoke("fraud", "verify", file, "here").stdout
    bent = bytearray(served.proof)
    bent[-40] ^= 1
    file.write_bytes(bent)
    invoke("fraud", "verify", file, "here", code=ExitCode.REFUSED)


def test_who_did_not_take_the_block_gives_its_header(
    serve: Callable[..., Served], tmp_path: Path, invoke: Invoke
) -> None:
    served, file, header = serve(took_it=False), tmp_path / "proof", tmp_path / "header.json"
    file.write_bytes(served.proof)
    assert (
        "its header cannot be found"
        in invoke("fraud", "verify", file, "here", code=ExitCode.REFUSED).stderr
    )
    header.write_text(json.dumps(served.wrong.as_json()))
    told = invoke("fraud", "verify", file, "here", "--header", header).stdout
    assert served.wrong.id.hex() in told
    header.write_text(json.dumps(served.chain.tip.as_json()))
    invoke("fraud", "verify", file, "here", "--header", header, code=ExitCode.REFUSED)


def test_a_block_in_the_middle_of_a_run_is_checked_with_both_headers(
    serve: Callable[..., Served], tmp_path: Path, invoke: Invoke
) -> None:
    served, file = serve(took_it=False), tmp_path / "proof"
    headers = {name: tmp_path / f"{name}.json" for name in ("header", "parent")}
    file.write_bytes(served.proof)
    headers["header"].write_text(json.dumps(served.wrong.as_json()))
    headers["parent"].write_text(json.dumps(served.chain.tip.as_json()))
    served.told.pop()
    words = [word for name, path in headers.items() for word in (f"--{name}", path)]
    assert "P of particle 3" in invoke("fraud", "verify", file, "here", *words).stdout
    headers["parent"].write_text(json.dumps(served.chain.header(0).as_json()))
    invoke("fraud", "verify", file, "here", *words, code=ExitCode.REFUSED)
