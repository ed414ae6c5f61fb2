"""A server in the hands of who runs it: begun by one command, backed up while it is written to, ended without loss."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import FocusmeshError
from focusmesh.host.service import Service
from focusmesh.host.spool import Spool
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.host.storage.open_chains import OpenedChain
from tests.host.nodes import SECONDS
from tests.interface.cli.conftest import PROGRAM
from tests.interface.server.process.test_processes import asked, packet, serving
from tests.ledger_fixtures import PASSPHRASE

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey


def ran(*arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_one_command_makes_and_serves_a_ledger_and_again_goes_on_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOCUSMESH_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("FOCUSMESH_PASSPHRASE", PASSPHRASE)
    ledger = str(tmp_path / "library")
    with serving(ledger, "--new") as (url, process):
        first = asked(f"{url}/v1/status")[1]
        assert (first["kind"], first["can_write"], first["can_prove"]) == ("ledger", True, True)
        ran("tx", "link", "tea", "green", "--ledger", ledger)
        assert asked(f"{url}/v1/receipts/rank?top=1")[1]["height"] == 1
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=SECONDS)
    assert "a new key" in told
    assert "a new ledger whose blocks me makes" in told
    with serving(ledger, "--new") as (url, process):
        again = asked(f"{url}/v1/status")[1]
        assert (again["network"], again["height"]) == (first["network"], 1)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=SECONDS)
    assert "new" not in told


def test_what_is_there_is_not_written_over(letters: Path, new_key: Any) -> None:
    new_key("alice")
    before = letters.read_bytes()
    ran("serve", str(letters), "--new", code=4)
    assert letters.read_bytes() == before
    new_key("bob")
    told = ran("serve", str(letters.parent / "other"), "--new", code=2)
    assert "--receipts-key" in told
    assert not (letters.parent / "other").exists()


def posted(url: str, sent: bytes, over: threading.Event) -> tuple[int, Any]:
    """The answer to a signal, which is sent again while the server is busy or gone; (0, None) once it is over."""
    while not over.is_set():
        try:
            status, answer = asked(f"{url}/v1/signals", sent)
        except OSError:
            status, answer = 503, None
        if status not in (429, 503):
            return status, answer
        over.wait(0.05)
    return 0, None


def test_every_signal_that_was_taken_is_in_a_block_when_the_server_has_ended(
    ledger: Path, alice: SigningKey, bob: SigningKey
) -> None:
    """Nobody waits for blocks, so that at the end many signals are on their way."""
    taken: list[str] = []
    refused: list[tuple[int, int, Any]] = []
    over = threading.Event()

    def send(key: SigningKey, url: str) -> None:
        for nonce in range(10_000):
            sent = packet(ledger, key, nonce, f"{key.public.hex()[:8]}-{nonce}")
            status, answer = posted(url, sent, over)
            if status in (200, 202):
                taken.append(answer["id"])
            elif status:
                refused.append((nonce, status, answer))

    with serving(str(ledger), "--node", "--workers", "2") as (url, process):
        senders = [threading.Thread(target=send, args=(key, url)) for key in (alice, bob)]
        for sender in senders:
            sender.start()
        deadline = time.monotonic() + 3 * SECONDS
        while len(taken) < 40 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=SECONDS)
        over.set()
        for sender in senders:
            sender.join(SECONDS)
    assert refused == []
    assert len(taken) >= 40
    assert process.returncode == 0, told
    assert "Traceback" not in told
    with Service.open(ledger) as service:
        lost = [one for one in taken if service.ledger.signals.placement(one).code != "ok"]
    assert lost == []
    assert not Spool(Folder(ledger).spool).waiting()


def test_a_backup_made_while_signals_come_is_a_whole_ledger(
    ledger: Path, bob: SigningKey, tmp_path: Path
) -> None:
    stop = threading.Event()
    with serving(str(ledger), "--node") as (url, _):

        def send() -> None:
            for nonce in range(10_000):
                if stop.is_set():
                    return
                asked(f"{url}/v1/signals?wait=30", packet(ledger, bob, nonce, f"p{nonce}"))

        sender = threading.Thread(target=send)
        sender.start()
        while asked(f"{url}/v1/status")[1]["tip"] < 3:
            sender.join(0.01)
        ran("node", "backup", str(ledger), "-o", str(tmp_path / "backup"))
        stop.set()
        sender.join(SECONDS)
        tip = asked(f"{url}/v1/status")[1]["tip"]
    ran("node", "restore", str(tmp_path / "backup"), str(tmp_path / "restored"))
    ran("chain", "verify", "--ledger", str(tmp_path / "restored"))
    with Service.open(tmp_path / "restored") as restored, Service.open(ledger) as whole:
        then = restored.moment()
        assert then.height is not None
        assert 3 <= then.height <= tip
        at = whole.moment(then.height)
        assert (then.root, then.rank(5)) == (at.root, at.rank(5))


def test_each_answer_is_of_one_state_while_others_write(ledger: Path, bob: SigningKey) -> None:
    """Every answer's root is that of a block, and the answer what a reader of that block alone finds."""
    answers: list[dict[str, Any]] = []
    over = threading.Event()
    with serving(str(ledger), "--node", "--workers", "2") as (url, _):

        def read() -> None:
            while len(answers) < 60:
                for question in ("rank?top=5", "context?seed=a&top=5", "links?limit=1000"):
                    status, answer = asked(f"{url}/v1/{question}")
                    if status == 200:
                        answers.append({"asked": question, **answer})

        asked(f"{url}/v1/signals?wait=30", packet(ledger, bob, 0, "p0"))
        reader = threading.Thread(target=read)
        reader.start()
        for nonce in range(1, 300):
            if not reader.is_alive():
                break
            posted(url, packet(ledger, bob, nonce, f"p{nonce}"), over)
        reader.join(SECONDS)
    assert len({answer["height"] for answer in answers}) > 1
    shared = OpenedChain.of(Folder(ledger))
    with Service.open(ledger) as service:
        for answer in answers:
            height = answer["height"]
            assert shared.reading().header(height).state_root.hex() == answer["root"]
            try:
                moment = service.moment(height)
            except FocusmeshError:  # further back than states are kept
                continue
            question = answer["asked"].partition("?")[0]
            if question == "links":
                assert len(answer["items"]) == moment.graph.link_count
            elif question == "rank":
                found = moment.rank(5)
                assert [item["score"] for item in answer["items"]] == [
                    item.score for item in found.items
                ]
            else:
                near = moment.context(["a"], 5)
                for item, other in zip(answer["items"], near.items, strict=True):
                    assert item["score"] == pytest.approx(other.score, abs=2 * near.bound + 1e-12)
    shared.release()
