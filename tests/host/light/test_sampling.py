"""Light nodes: they go on though a server does not answer, hold it to one chain, and load no compiler."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import threading
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

import focusmesh
from focusmesh.errors import FileError, ProofError
from focusmesh.host.availability_proofs import take_proof
from focusmesh.host.light.follower import LightCounts, followed_blocks
from focusmesh.host.light.sampling import SampledBlock, newest_height, repaired_block, sampled_block
from focusmesh.host.light.share_sources import LedgerFolderSource, ServerSource
from focusmesh.host.service import NotThereError, SharedShare, SquareRoots
from focusmesh.kernel.availability import BadEncoding, Roots, Square, repair
from focusmesh.kernel.block import BLOCK_DOMAIN, Header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey

WITHOUT_COMPILER = textwrap.dedent(
    """
    import json, os, sys

    absent = ["libipld", "lmdb", "nacl", "cryptography", "brotli", "argon2", "numba", "llvmlite"]
    sys.modules |= dict.fromkeys([*absent, "nacl.bindings", "nacl.exceptions"])
    import msgspec
    from focusmesh.errors import ProofError
    from focusmesh.host.light.sampling import sampled_block
    from focusmesh.host.service import SharedShare, SquareRoots
    from focusmesh.kernel.availability import BadEncoding, Roots

    class Source:
        told = json.load(open("told.json"))

        def roots(self, height):
            return msgspec.convert(self.told["square"], SquareRoots)

        def share(self, height, row, column, axis):
            return msgspec.convert(self.told["shares"][f"{row},{column}"], SharedShare)

    found = sampled_block(Source(), 2, 16, os.urandom)
    found.roots.verify(found.header.data_root)
    Source.told["shares"]["1,2"]["share"] = bytes(512).hex()
    lied = sampled_block(Source(), 2, 16, os.urandom)
    roots = Roots.decode(open("roots", "rb").read())
    BadEncoding.decode(open("bad", "rb").read()).verify(roots)
    from focusmesh.interface.cli import main
    codes = []
    for name in ["right.json", "wrong.json"]:
        sys.argv = ["focusmesh", "availability", "prove", name, "--check"]
        try:
            main()
        except SystemExit as end:
            codes.append(int(end.code or 0))
    print(found.sampled.confidence, lied.sampled.missing, codes)
    """
)


@pytest.fixture
def source(ledger: Path) -> Iterator[LedgerFolderSource]:
    with focusmesh.open(ledger) as graph:
        for number in range(3):
            graph.link(f"a{number}", f"b{number}", 3)
    opened = LedgerFolderSource(str(ledger))
    yield opened
    opened.close()


class Changed:
    """A source that says something else of some things."""

    def __init__(self, source: LedgerFolderSource, **changed: Any) -> None:
        self._source, self._changed = source, changed

    def __getattr__(self, name: str) -> Any:
        return self._changed.get(name) or getattr(self._source, name)


def follow(
    source: Any, height: int, count: int
) -> tuple[list[SampledBlock | FileError], list[float]]:
    slept: list[float] = []
    blocks = followed_blocks(source, height, 16, os.urandom, None, slept.append)
    return [next(blocks) for _ in range(count)], slept


def test_every_block_is_sampled_when_it_is_there(source: LedgerFolderSource) -> None:
    tips = iter([0, 0, 1, 2, 3])
    found, slept = follow(Changed(source, tip=lambda: next(tips)), 1, 3)
    assert [each.header.height for each in found if isinstance(each, SampledBlock)] == [1, 2, 3]
    assert len(slept) == 2


def test_a_source_that_does_not_answer_is_asked_again(source: LedgerFolderSource) -> None:
    failures = iter([FileError("it is down"), NotThereError("not yet"), None])

    def roots(height: int) -> SquareRoots:
        failure = next(failures, None)
        if failure is not None:
            raise failure
        return source.roots(height)

    found, slept = follow(Changed(source, roots=roots), 1, 4)
    assert [type(each) for each in found] == [FileError, FileError, SampledBlock, SampledBlock]
    assert len(slept) == 2
    counts = LightCounts()
    for each in found:
        if isinstance(each, SampledBlock):
            counts.add(each)
    counts.failures = 2
    kept = counts.text()
    assert "focusmesh_availability_failures_total 2\n" in kept
    assert "focusmesh_availability_blocks_total 2\n" in kept
    assert "focusmesh_availability_height 2\n" in kept
    assert "height" not in LightCounts().text()


def resigned(told: SquareRoots, key: SigningKey, **fields: Any) -> SquareRoots:
    """The same square under a header that says something else, signed by its proposer."""
    header = Header.decode(bytes.fromhex(told.header_bytes))
    header = msgspec.structs.replace(header, **fields)
    return msgspec.structs.replace(
        told,
        id=header.id.hex(),
        header_bytes=header.encode().hex(),
        proof=key.sign(BLOCK_DOMAIN, header.id).hex(),
    )


def test_a_block_that_follows_another_one_is_refused(
    source: LedgerFolderSource, alice: SigningKey
) -> None:
    def roots(height: int) -> SquareRoots:
        told = source.roots(height)
        return resigned(told, alice, parent=bytes(32)) if height == 2 else told

    blocks = followed_blocks(Changed(source, roots=roots), 1, 4, os.urandom, None, lambda _: None)
    next(blocks)
    with pytest.raises(ProofError, match="has changed its past"):
        next(blocks)


def test_a_repair_takes_whole_rows_where_there_are_any(source: LedgerFolderSource) -> None:
    def line(*_: object) -> None:
        raise NotThereError("an older server has no such route")

    def share(*_: object) -> SharedShare:
        raise AssertionError("k rows are enough")

    whole = repaired_block([Changed(source, share=share)], 2)
    single = repaired_block([Changed(source, line=line)], 2)
    assert whole.data == single.data
    assert whole.taken == whole.total // 2
    stored = source._opened.reading().block(2).body
    assert whole.data == stored


def test_a_source_that_went_away_is_left_for_the_next(source: LedgerFolderSource) -> None:
    asked: list[object] = []

    def gone(*question: object) -> None:
        asked.append(question)
        raise FileError("it is down")

    found = repaired_block([Changed(source, line=gone, share=gone), source], 2)
    assert found.data == source._opened.reading().block(2).body
    assert len(asked) == 6


def test_another_block_than_was_asked_for_is_refused(source: LedgerFolderSource) -> None:
    """It is signed and whole, and still not the one whose body somebody wants."""
    other = Changed(source, roots=lambda height: source.roots(3 - height))
    for attempt in (
        lambda: sampled_block(other, 2, 4, os.urandom),
        lambda: repaired_block([other], 2),
        lambda: take_proof(other, 2, "0,0", None, None),
    ):
        with pytest.raises(ProofError, match="sent block 1 instead of block 2"):
            attempt()
    assert repaired_block([other, source], 2).header.height == 2


def test_the_newest_block_is_that_of_whoever_answers(source: LedgerFolderSource) -> None:
    def gone() -> int:
        raise FileError("it is down")

    away = Changed(source, tip=gone)
    assert newest_height([away, source, Changed(source, tip=lambda: 2)]) == 3
    assert newest_height([Changed(source, tip=lambda: 1 << 40), source]) == 3
    with pytest.raises(FileError, match="down"):
        newest_height([away])


@pytest.mark.parametrize("answer", [b"garbage\r\n\r\n", b"HTTP/1.1 zzz\r\n\r\n", b""])
def test_what_is_no_answer_is_said(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            taken_up, _ = listening.accept()
            with taken_up:
                taken_up.recv(1 << 16)
                taken_up.sendall(answer)

        serving = threading.Thread(target=serve)
        serving.start()
        with pytest.raises(FileError, match="does not answer"):
            ServerSource(f"http://127.0.0.1:{listening.getsockname()[1]}").tip()
        serving.join(10)
    with pytest.raises(FileError, match="does not answer"):
        ServerSource("http://127.0.0.1:80 80").tip()


def test_a_light_node_needs_the_package_alone(source: LedgerFolderSource, tmp_path: Path) -> None:
    """No compiler, no extra: samples, lies, offline proofs, and a bad encoding of the widest square."""
    square = source.roots(2)
    size = 2 * square.width
    places = [(row, column) for row in range(size) for column in range(size)]
    shares = {f"{row},{column}": source.share(2, row, column, "row") for row, column in places}
    told = {"square": square, "shares": shares}
    (tmp_path / "told.json").write_bytes(msgspec.json.encode(told))
    proof = take_proof(source, 2, "1,0", None, None).document
    assert proof is not None
    (tmp_path / "right.json").write_bytes(proof)
    (tmp_path / "wrong.json").write_bytes(proof.replace(b'"row":1', b'"row":0'))
    bad, roots = widest()
    (tmp_path / "bad").write_bytes(bad.encode())
    (tmp_path / "roots").write_bytes(roots.encode())
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_COMPILER],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.splitlines()[-1:] == ["1.0 ((1, 2),) [0, 7]"], done.stderr


def widest() -> tuple[BadEncoding, Roots]:
    """A square of 128 × 128 with one added share changed, and the proof that it is coded badly."""
    own = np.random.default_rng(1).integers(0, 256, (128, 128, 512), dtype=np.uint8)
    own[:, :, :29] = 0
    whole = Square.of(own)
    whole.shares[3, 200, 100] ^= 1
    evil = Square(whole.shares)
    known = np.zeros((256, 256), dtype=bool)
    known[3, 100:] = True
    found = repair(evil.shares, known, evil.roots)
    given = {(3, column): evil.prove(3, column, "column") for column in range(100, 256)}
    return BadEncoding.of(found, given), evil.roots
