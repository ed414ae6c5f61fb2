"""focusmesh availability: samples, repair and proofs of a ledger's folder and of servers, honest and not."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from focusmesh.errors import BlockError
from focusmesh.host.light.share_sources import LedgerFolderSource, source_of
from focusmesh.interface.cli.shared.failures import ExitCode
from focusmesh.kernel.availability import BadEncoding, Roots, Square
from focusmesh.kernel.block import BLOCK_DOMAIN, Header
from tests.world.naive_square import line_roots

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey
    from tests.interface.cli.conftest import Invoke

    Document = Callable[..., dict[str, Any]]
    Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def linked(ledger: Path, invoke: Invoke) -> Path:
    """One block with some forty links."""
    for number in range(3):
        invoke("tx", "link", f"a{number}", f"b{number}", "3")
    return ledger


@contextmanager
def served(
    where: Path, without: Collection[tuple[int, int]] = (), change: Change = dict
) -> Iterator[str]:
    """A server of a ledger's squares that withholds shares, and changes what it says."""
    source = LedgerFolderSource(str(where))

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = self.path.partition("?")[0].strip("/").split("/")
            if parts[1] == "status":
                return self.give({"tip": source.tip()} | _STATUS)
            if len(parts) == 4:
                return self.give(msgspec.to_builtins(source.roots(int(parts[2]))))
            axis = "column" if self.path.endswith("column") else "row"
            if parts[4] == "lines":
                return self.give_line(int(parts[2]), int(parts[5]), axis)
            row, column = int(parts[4]), int(parts[5])
            if (row, column) in without:
                return self.send_error(404)
            share = source.share(int(parts[2]), row, column, axis)  # type: ignore[arg-type]
            return self.give(msgspec.to_builtins(share))

        def give_line(self, height: int, line: int, axis: str) -> None:
            if line in {place[axis == "column"] for place in without}:
                return self.send_error(404)
            found = source.line(height, line, axis)  # type: ignore[arg-type]
            return self.give(msgspec.to_builtins(found))

        def give(self, content: dict[str, Any]) -> None:
            data = json.dumps(change(content)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        source.close()


_STATUS: dict[str, Any] = {
    "root": "0", "height": 1, "kind": "ledger", "name": "", "particles": 0, "links": 0, "axons": 0,
    "relations": [], "has_texts": False, "params": {}, "network": None, "time": None,
    "can_prove": False, "can_write": False,
}  # fmt: skip


def test_a_folder_is_sampled(
    linked: Path, document: Document, tmp_path: Path, alice: SigningKey
) -> None:
    metrics = tmp_path / "sampled.prom"
    found = document(
        "availability", "sample", linked, "--metrics", metrics, "--proposer", alice.public.hex()
    )
    assert found["height"] == 3
    assert found["missing"] == []
    assert found["proposer"] == alice.public.hex()
    assert found["confidence"] == 1  # sixteen shares are all that its square has
    assert "focusmesh_availability_height 3\n" in metrics.read_text()
    earlier = document("availability", "sample", linked, "--height", "1", "--samples", "4")
    assert (earlier["height"], earlier["samples"]) == (1, 4)
    assert 0 < earlier["confidence"] < 1


def test_what_a_server_says_is_not_believed(
    linked: Path, invoke: Invoke, document: Document
) -> None:
    with served(linked) as url:
        assert document("availability", "sample", url)["missing"] == []
        other = invoke(
            "availability", "sample", url, "--proposer", "00" * 32, code=ExitCode.REFUSED
        )
        assert "made the block" in other.stderr
    lies: list[Change] = [
        lambda told: told | ({"rows": told["columns"]} if "rows" in told else {}),
        lambda told: told | ({"proof": "00" * 64} if "header_bytes" in told else {}),
        lambda told: told | ({"id": "00" * 32} if "header_bytes" in told else {}),
        lambda told: told | ({"share": "00" * 512} if "share" in told else {}),
        lambda told: told | ({"nodes": told["nodes"][1:]} if "nodes" in told else {}),
        lambda told: told | ({"row": told["row"] + 1} if "row" in told else {}),
        lambda told: told | ({"share": "zz"} if "share" in told else {}),
        lambda told: {} if "share" in told or "rows" in told else told,
    ]
    for lie in lies:
        with served(linked, change=lie) as url:
            invoke("availability", "sample", url, code=ExitCode.REFUSED)


def test_a_gap_is_named_and_repaired_from_others(
    linked: Path, invoke: Invoke, document: Document, tmp_path: Path
) -> None:
    corner = [(row, column) for row in range(3) for column in range(3)]
    body = tmp_path / "body"
    with served(linked, corner) as url:
        refused = invoke("availability", "sample", url, code=ExitCode.REFUSED)
        assert "9 of 16 shares did not come" in refused.stderr
        alone = invoke("availability", "repair", url, "-o", body, code=ExitCode.REFUSED)
        assert "7 of 16 shares are there, too few" in alone.stderr
        assert not body.exists()
        made = document("availability", "repair", url, linked, "-o", body, "--height", "3")
    assert made["is_body"]
    # Row and column 3 of the one, then what is missing of row 0 from the other.
    assert made["shares_taken"] == 10
    source = LedgerFolderSource(str(linked))
    stored = source._opened.reading().block(3).body
    source.close()
    assert body.read_bytes() == stored
    again = invoke("availability", "repair", linked, "-o", body, code=ExitCode.FILE)
    assert str(body) in again.stderr


def test_a_badly_coded_block_is_proved_to_be_one(
    linked: Path, invoke: Invoke, tmp_path: Path, alice: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its proposer signs the roots of shares that are no extension of one another."""
    source = LedgerFolderSource(str(linked))
    told = source.roots(3)
    square = source._squares._square(3)
    source.close()
    shares = square.shares.copy()
    shares[0, -1, 100] ^= 1
    rows = [[share.tobytes() for share in row] for row in shares]
    roots = Roots(
        tuple(line_roots(rows)),
        tuple(line_roots([list(column) for column in zip(*rows, strict=True)])),
    )
    header = msgspec.structs.replace(
        Header.decode(bytes.fromhex(told.header_bytes)), data_root=roots.data_root
    )
    evil = Square(shares)

    def lie(content: dict[str, Any]) -> dict[str, Any]:
        if "rows" in content:
            return content | {
                "id": header.id.hex(),
                "header_bytes": header.encode().hex(),
                "proof": alice.sign(BLOCK_DOMAIN, header.id).hex(),
                "rows": [root.hex() for root in roots.rows],
                "columns": [root.hex() for root in roots.columns],
            }
        if "shares" in content:
            line = shares[content["line"]]
            return content | {"shares": [share.tobytes().hex() for share in line]}
        if "share" in content:
            proved = evil.prove(content["row"], content["column"], content["axis"])
            nodes = [node.hex() for node in proved.proof.nodes]
            return content | {"share": proved.share.hex(), "nodes": nodes}
        return content

    proof = tmp_path / "bad"
    with served(linked, change=lie) as url:
        found = invoke("availability", "repair", url, "-o", proof, code=ExitCode.REFUSED)
        assert "block 3 was coded badly" in found.stderr
        BadEncoding.decode(proof.read_bytes()).verify(roots)
        shown = invoke("availability", "prove", url, "--bad-encoding", proof)
        assert "block 3 was coded badly" in shown.stdout
    invoke("availability", "prove", linked, "--bad-encoding", proof, code=ExitCode.REFUSED)


def test_a_light_node_goes_on_with_every_block(
    linked: Path, invoke: Invoke, tmp_path: Path
) -> None:
    """One share of block 2 is withheld: that is counted and told in the end, and the next one is sampled too."""
    metrics, gone = tmp_path / "sampled.prom", {(0, 0)}

    def heal(content: dict[str, Any]) -> dict[str, Any]:
        if content.get("height") == 3:
            gone.clear()
        return content

    with served(linked, gone, heal) as url:
        follow = ("availability", "sample", url, "--height", "1", "--follow", "--samples", "99")
        found = invoke(*follow, "--blocks", "3", "--metrics", metrics, code=ExitCode.REFUSED)
    assert [line.split(":")[0] for line in found.stdout.splitlines()] == [
        "block 1",
        "block 2",
        "block 3",
    ]
    assert "1 missing; not known to be available" in found.stdout
    assert "block 1: 1 of" in found.stderr
    kept = metrics.read_text()
    for line in ("height 3", "missing 0", "blocks_total 3", "unavailable_blocks_total 2"):
        assert f"focusmesh_availability_{line}\n" in kept
    assert (
        "give both"
        in invoke("availability", "sample", url, "--blocks", "2", code=ExitCode.USAGE).stderr
    )


def test_proofs_are_checked_offline(
    linked: Path, invoke: Invoke, document: Document, tmp_path: Path
) -> None:
    share, whole = tmp_path / "share.json", tmp_path / "signals.json"
    assert document("availability", "prove", linked, "--share", "1,0", "-o", share)["row"] == 1
    invoke("availability", "prove", linked, "--namespace", "signals", "-o", whole)
    for path in (share, whole):
        assert invoke("availability", "prove", path, "--check").stdout.startswith("valid: ")
        made = json.loads(path.read_text())
        changed = path.read_text().replace(made["square"]["rows"][0], made["square"]["rows"][1])
        path.write_text(changed)
        invoke("availability", "prove", path, "--check", code=ExitCode.REFUSED)
    share.write_text("{}")
    assert (
        "not a proof of a share"
        in invoke("availability", "prove", share, "--check", code=ExitCode.REFUSED).stderr
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("sample", "LEDGER", "--height", "9"), ExitCode.REFUSED, "no block 9"),
        (("sample", "LEDGER", "--proposer", "ab"), ExitCode.USAGE, "32 bytes in hexadecimal"),
        (("sample", "http://127.0.0.1:9/"), ExitCode.FILE, "does not answer"),
        (("sample", "ftp://x/"), ExitCode.USAGE, "not an address of a server"),
        (("prove", "LEDGER"), ExitCode.USAGE, "exactly one of"),
        (("prove", "LEDGER", "--share", "1"), ExitCode.USAGE, "ROW,COLUMN"),
        (("prove", "LEDGER", "--share", "9,9"), ExitCode.INPUT, "shares 0 … 3 a side"),
        (("prove", "LEDGER", "--namespace", "grid"), ExitCode.USAGE, "signals, focus, padding"),
        (("prove", "nothing.json", "--check"), ExitCode.FILE, "cannot be read"),
    ],
)
def test_what_cannot_be_is_said(
    linked: Path, invoke: Invoke, words: tuple[str, ...], code: ExitCode, said: str
) -> None:
    filled = [str(linked) if word == "LEDGER" else word for word in words]
    assert said in invoke("availability", *filled, code=code).stderr


def test_the_first_block_has_no_square(linked: Path) -> None:
    source = source_of(str(linked))
    with pytest.raises(BlockError) as caught:
        source.roots(0)
    source.close()
    assert caught.value.code == "no-square"
