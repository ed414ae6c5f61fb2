"""A ledger from the command line: made, written to, asked, checked, taken elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import SignalError
from focusmesh.ids import digest, to_cid
from focusmesh.interface.cli.shared.failures import ExitCode
from focusmesh.kernel.block import Header
from focusmesh.kernel.receipts import Receipt, verify_receipt
from tests.interface.cli.conftest import written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey
    from tests.interface.cli.conftest import Invoke
    from tests.ledger_fixtures import NewLedger

    Document = Callable[..., dict[str, Any]]


@pytest.fixture
def linked(ledger: Path, invoke: Invoke) -> Path:
    """Three blocks: a → b (3), b → c (1, "cites"), c → a (2)."""
    invoke("tx", "link", "a", "b", "3")
    invoke("tx", "link", "b", "c", "--relation", "cites")
    invoke("tx", "link", "c", "a", "2")
    return ledger


@pytest.mark.usefixtures("alice", "bob")
def test_a_ledger_is_made(document: Document, tmp_path: Path) -> None:
    where = tmp_path / "memory"
    words = ("--key", "alice", "--grant", "bob=500", "--weight-unit", "10", "--pagerank")
    made = document("node", "init", where, *words, "--history", "3", "--focus-interval", "2")
    assert (made["name"], made["height"], made["links"], made["node"]) == ("memory", 0, 0, None)
    assert document("node", "status", where) == made
    found = document("query", "account", "bob", "--ledger", where)
    assert (found["stake"], found["balance"], found["free"]) == (500, 0, 500)
    document("tx", "link", "a", "b", "2", "--ledger", where, "--key", "bob")
    assert document("query", "account", "bob", "--ledger", where)["locked"] == 20


@pytest.mark.usefixtures("alice")
def test_a_network_may_burn(document: Document, invoke: Invoke, tmp_path: Path) -> None:
    folder = tmp_path / "burning"
    document("node", "init", folder, "--key", "alice", "--link-burn", "3", "--balance", "7")
    document("tx", "link", "a", "c", "--ledger", folder)
    document("tx", "link", "b", "c", "--ledger", folder)
    account = document("query", "account", "alice", "--ledger", folder)
    assert (account["balance"], account["burned"]) == (1, 6)
    refused = invoke("tx", "link", "d", "c", "--ledger", folder, code=ExitCode.REFUSED)
    assert "links burn 3" in refused.stderr


@pytest.mark.usefixtures("alice", "bob")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), ExitCode.USAGE, "alice, bob"),
        (("--key", "carol"), ExitCode.INPUT, "carol"),
        (("--key", "alice", "--grant", "bob"), ExitCode.USAGE, "KEY=STAKE"),
        (("--key", "alice", "--stake", str(2**63)), ExitCode.REFUSED, "2^63"),
        (("--key", "alice", "--alpha", "7"), ExitCode.USAGE, "alpha"),
    ],
)
def test_a_ledger_that_cannot_be_is_not_begun(
    invoke: Invoke, tmp_path: Path, words: tuple[str, ...], code: ExitCode, said: str
) -> None:
    assert said in invoke("node", "init", tmp_path / "memory", *words, code=code).stderr
    assert not (tmp_path / "memory").exists()


def test_a_folder_is_used_once(invoke: Invoke, ledger: Path, tmp_path: Path) -> None:
    again = invoke("node", "init", ledger, "--key", "alice", code=ExitCode.FILE)
    assert "already" in again.stderr
    taken = invoke("node", "init", tmp_path / "keys", "--key", "alice", code=ExitCode.FILE)
    assert "not empty" in taken.stderr
    nothing = invoke("node", "status", tmp_path / "nothing", code=ExitCode.FILE)
    assert "node init" in nothing.stderr


@pytest.mark.usefixtures("ledger")
def test_every_signal_is_a_block(document: Document, bob: SigningKey) -> None:
    first = document("tx", "link", "a", "b", "3", "--relation", "cites")
    assert (first["height"], first["code"], first["fee"]) == (1, "ok", 0)
    assert len(first["signal"]) == 64
    assert document("tx", "unlink", "a", "b", "--relation", "cites")["height"] == 2
    assert document("tx", "transfer", "bob", "7", "--tip", "2")["fee"] == 2
    document("tx", "transfer", bob.public.hex(), "1")
    document("tx", "mint", "bob", "100")
    document("tx", "stake", "50", "--key", "bob")
    document("tx", "unstake", "20", "--key", "bob")
    document("tx", "burn", "400")
    found = document("query", "account", "bob")
    assert (found["balance"], found["stake"], found["signals"]) == (78, 10**6 + 30, 2)
    mine = document("query", "account", "alice")
    assert (mine["balance"], mine["burned"], mine["height"]) == (592, 400, 8)


@pytest.mark.usefixtures("ledger")
def test_content_is_put_described_and_forgotten(
    document: Document, invoke: Invoke, tmp_path: Path
) -> None:
    note = written(tmp_path / "note.md", "what was said")
    put = document("tx", "put", note)
    assert put["particle"] == to_cid(digest(b"what was said"))
    stdin = invoke("tx", "put", "-", "--json", stdin="from a pipe")
    assert json.loads(stdin.stdout)["particle"] == to_cid(digest(b"from a pipe"))
    document("tx", "property", put["particle"], "kind", "minutes")
    document("tx", "property", put["particle"], "kind")
    document("tx", "link", put["particle"], "b")
    names = [item["particle"] for item in document("query", "rank")["items"]]
    assert sorted(names) == ["b", "what was said"]
    assert document("tx", "forget", put["particle"])["code"] == "ok"
    names = [item["particle"] for item in document("query", "rank")["items"]]
    assert sorted(names) == ["b", put["particle"]]
    assert document("query", "link", put["particle"], "b")["items"] == []


@pytest.mark.usefixtures("ledger")
def test_a_key_is_rotated(document: Document, invoke: Invoke, new_key: Any) -> None:
    document("tx", "link", "a", "b", "--key", "bob")
    new_key("robert")
    document("tx", "rotate", "robert", "--key", "bob")
    over = invoke("tx", "link", "a", "c", "--key", "bob", code=ExitCode.REFUSED)
    assert "was rotated" in over.stderr
    document("tx", "unlink", "a", "b", "--key", "robert")
    assert document("query", "account", "robert")["locked"] == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("link", "a", "b", str(10**7), "--key", "bob"), ExitCode.REFUSED, "changed nothing"),
        (("unlink", "a", "b"), ExitCode.REFUSED, "changed nothing"),
        (("transfer", "bob", "1001"), ExitCode.REFUSED, "the balance is"),
        (("mint", "bob", "1", "--key", "bob"), ExitCode.REFUSED, "changed nothing"),
        (("link", "a", "b", "--tip", "1001"), ExitCode.REFUSED, "1001"),
        (("link", "a", "a"), ExitCode.INPUT, "itself"),
        (("link", "a", "b", "0"), ExitCode.USAGE, "WEIGHT"),
        (("link", "a", "b", "--key", "carol"), ExitCode.INPUT, "carol"),
        (("transfer", "nobody", "1"), ExitCode.INPUT, "nobody"),
        (("put", "absent"), ExitCode.FILE, "absent"),
        (("link", "a"), ExitCode.USAGE, "TARGET"),
    ],
)
@pytest.mark.usefixtures("ledger")
def test_what_a_ledger_refuses_is_a_message_and_a_code(
    invoke: Invoke, words: tuple[str, ...], code: ExitCode, said: str
) -> None:
    done = invoke("tx", *words, code=code)
    assert said in done.stderr
    assert done.stdout == ""


def test_a_wrong_passphrase_opens_nothing(
    invoke: Invoke, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOCUSMESH_PASSPHRASE", "incorrect horse")
    done = invoke("tx", "link", "a", "b", code=ExitCode.INPUT)
    assert "wrong passphrase" in done.stderr
    assert "horse" not in done.stderr
    assert "0" in invoke("node", "status", ledger).stdout


def test_committed_ranks_are_listed_at_any_height(linked: Path, document: Document) -> None:
    now = document("query", "rank")
    assert (now["height"], now["particles"], len(now["items"])) == (3, 3, 3)
    assert sum(item["score"] for item in now["items"]) == pytest.approx(1)
    assert 0 < now["residual"] < now["bound"] < 1e-6
    assert now["bound"] >= 40 / 3 * 1e-8  # whatever its own residual is (focus.md §5)
    first = document("query", "rank", "--at", "1", "--top", "1")
    assert (first["height"], first["particles"], len(first["items"])) == (1, 2, 1)
    assert first["items"][0]["particle"] == "b"
    assert len(document("query", "rank", "--all", "--ledger", linked)["items"]) == 3


@pytest.mark.usefixtures("linked")
def test_links_are_shown_with_their_authors(
    document: Document, invoke: Invoke, alice: SigningKey, bob: SigningKey
) -> None:
    invoke("tx", "link", "a", "b", "2", "--key", "bob")
    found = document("query", "link", "a", "b")
    assert (found["weight"], found["height"]) == (5, 4)
    authors = {item["author"]: (item["amount"], item["height"]) for item in found["items"]}
    assert authors == {alice.public.hex(): (3, 1), bob.public.hex(): (2, 4)}
    assert len(document("query", "link", "a", "b", "--author", "bob")["items"]) == 1
    assert document("query", "link", "b", "c", "--relation", "cites")["items"][0]["amount"] == 1
    assert document("query", "link", "b", "c", "--relation", "other")["items"] == []
    assert document("query", "link", "a", "b", "--at", "3")["weight"] == 3
    assert document("query", "link", "b", "a")["weight"] == 0
    assert "axon of weight 5" in invoke("query", "link", "a", "b").stderr


@pytest.mark.usefixtures("linked")
def test_a_context_is_answered(document: Document, invoke: Invoke) -> None:
    found = document("query", "context", "a", "--top", "2", "--effort", "exact")
    assert (found["seeds"], found["settled"], len(found["items"])) == (["a"], True, 2)
    assert "relevance" in found["items"][0]
    other = document("query", "context", to_cid(digest(b"a")), "--at", "2")
    assert other["seeds"] == ["a"]
    for words in ((), ("--receipt", "never.json")):
        unknown = invoke("query", "context", "aa", *words, code=ExitCode.INPUT)
        assert "no particle is named 'aa'; close names: a" in unknown.stderr


@pytest.mark.usefixtures("ledger")
def test_a_receipt_shows_a_particle_without_text_as_queries_do(
    invoke: Invoke, tmp_path: Path, alice: SigningKey
) -> None:
    unnamed = to_cid(digest(b"nobody put this"))
    invoke("tx", "link", "a", unnamed)
    header = written(tmp_path / "header.json", invoke("chain", "header").stdout)
    for words in (("rank",), ("link", "a", unnamed, "--author", "alice")):
        path = tmp_path / f"{words[0]}.json"
        invoke("query", *words, "--receipt", path)
        told = invoke("verify", path, "--header", header).stdout
        assert unnamed in told
    assert f"neuron  {alice.public.hex()}" in told


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("rank", "--top", "2"), "rank"),
        (("link", "a", "b"), "link"),
        (("link", "a", "b", "--author", "alice"), "link"),
        (("link", "b", "a", "--author", "bob", "--relation", "cites"), "link"),
        (("context", "a"), "context"),
    ],
)
def test_answers_come_with_receipts_that_hold(
    new_ledger: Any,
    invoke: Invoke,
    document: Document,
    tmp_path: Path,
    words: tuple[str, ...],
    kind: str,
) -> None:
    from focusmesh.engine.focus import FocusParams, ProtocolParams

    plain = ProtocolParams.of(FocusParams.pagerank())
    where = new_ledger(alpha=plain.alpha, diffusion=plain.diffusion, series=plain.series)
    for link in (("a", "b", "3"), ("b", "c"), ("c", "a", "2")):
        invoke("tx", "link", *link, "--ledger", where)
    path = tmp_path / "receipt.json"
    asked = ("query", *words, "--ledger", where, "--at", "2", "--receipt", path)
    answered = document(*asked)
    assert answered
    header = Header.from_json(
        {
            k: v
            for k, v in document("chain", "header", "--ledger", where, "--at", "2").items()
            if k != "block_id"
        }
    )
    receipt = Receipt.from_json(path.read_text(encoding="utf-8"))
    assert (receipt.kind, receipt.height) == (kind, 2)
    assert verify_receipt(receipt, header).receipt == receipt
    taken = invoke(*asked, code=ExitCode.FILE)
    assert "--force" in taken.stderr
    invoke(*asked, "--force")


@pytest.mark.usefixtures("linked")
def test_headers_are_json_that_says_the_block(document: Document, invoke: Invoke) -> None:
    found = document("chain", "header")
    name = found.pop("block_id")
    assert Header.from_json(found).id.hex() == name
    assert document("chain", "header", "--at", "0")["height"] == 0
    assert "no block 9" in invoke("chain", "header", "--at", "9", code=ExitCode.REFUSED).stderr
    assert json.loads(invoke("chain", "header").stdout)["block_id"] == name


def test_a_chain_is_carried_out_again(linked: Path, document: Document) -> None:
    status = document("node", "status", linked)
    verified = document("chain", "verify")
    assert (verified["height"], verified["block"]) == (3, status["block"])
    assert verified["records"] > 10


def test_a_chain_travels_with_its_contents(
    linked: Path, document: Document, invoke: Invoke, tmp_path: Path
) -> None:
    path, copy = tmp_path / "memory.chain", tmp_path / "copy"
    assert document("chain", "export", "-o", path)["height"] == 3
    assert "--force" in invoke("chain", "export", "-o", path, code=ExitCode.FILE).stderr
    assert document("chain", "import", path, "--ledger", copy)["height"] == 3
    same = document("state", "diff", linked, copy)
    assert (same["items"], len(set(same["roots"]))) == ([], 1)
    both = [document("query", "rank", "--ledger", where)["items"] for where in (linked, copy)]
    assert both[0] == both[1]
    assert {item["particle"] for item in both[1]} == {"a", "b", "c"}


@pytest.mark.parametrize("cut", [0, 40, -1, -40])
def test_a_cut_export_makes_no_ledger(
    linked: Path, invoke: Invoke, tmp_path: Path, cut: int
) -> None:
    assert linked.exists()
    path, copy = tmp_path / "memory.chain", tmp_path / "copy"
    invoke("chain", "export", "-o", path)
    path.write_bytes(path.read_bytes()[:cut])
    refused = invoke("chain", "import", path, "-l", copy, code=ExitCode.REFUSED)
    assert str(path) in refused.stderr
    assert not copy.exists() or not any(copy.iterdir())


def test_a_changed_export_is_refused(linked: Path, invoke: Invoke, tmp_path: Path) -> None:
    assert linked.exists()
    path, copy = tmp_path / "memory.chain", tmp_path / "copy"
    invoke("chain", "export", "-o", path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    invoke("chain", "import", path, "-l", copy, code=ExitCode.REFUSED)


def test_states_are_compared_key_by_key(linked: Path, document: Document, invoke: Invoke) -> None:
    found = document("state", "diff", f"{linked}@1", linked)
    prefixes = [item["prefix"] for item in found["items"]]
    assert prefixes[:3] == ["/graph/focus", "/graph/row/", "/graph/size"]
    rows = found["items"][1]
    assert rows["count"] == 2
    assert rows["key"] == "/graph/row/" + min(digest(b"b"), digest(b"c")).hex()
    assert rows["first"] is None
    assert "absent" in invoke("state", "diff", f"{linked}@1", linked).stdout
    assert invoke("state", "diff", linked, linked).stdout == ""
    assert "DIR@HEIGHT" in invoke("state", "diff", f"{linked}@x", linked, code=ExitCode.FILE).stderr
    assert (
        "blocks 0 to 3"
        in invoke("state", "diff", f"{linked}@9", linked, code=ExitCode.REFUSED).stderr
    )


def test_signal_errors_are_refusals() -> None:
    from focusmesh.interface.cli.shared.failures import exit_code_of

    assert exit_code_of(SignalError("stake", "words")) is ExitCode.REFUSED


def test_a_ledger_is_a_graph_for_every_command(
    linked: Path, document: Document, tmp_path: Path
) -> None:
    ranked = document("rank", linked)
    assert [item["particle"] for item in ranked["items"]] == [
        item["particle"] for item in document("query", "rank")["items"]
    ]
    assert (document("info", f"{linked}@1")["links"], document("info", linked)["links"]) == (1, 3)
    assert document("explain", linked, "--from", "a", "c")["target"] == "c"
    moved = document("diff", f"{linked}@2", linked)
    assert moved["l1"] > 0
    assert document("export", linked, "-o", tmp_path / "links.csv")["rows"] == 3
    saved = tmp_path / "memory.focusmesh"
    assert document("import", linked, "-o", saved)["links"] == 3


def test_the_maker_of_blocks_needs_its_key_too(
    invoke: Invoke, ledger: Path, tmp_path: Path
) -> None:
    maker = tmp_path / "keys" / "alice.key.json"
    maker.write_bytes(maker.read_bytes().replace(b'"salt": "00', b'"salt": "01'))
    failed = invoke("tx", "link", "a", "b", "--key", "bob", "--ledger", ledger, code=ExitCode.INPUT)
    assert "with the key 'alice'" in failed.stderr
    maker.unlink()
    absent = invoke("tx", "link", "a", "b", "--key", "bob", "--ledger", ledger, code=ExitCode.INPUT)
    assert "run the node where that key is" in absent.stderr


def test_blocks_between_rankings_keep_the_last_one(
    new_ledger: NewLedger, invoke: Invoke, document: Document, tmp_path: Path
) -> None:
    where = new_ledger(focus_interval=2)
    for number in range(3):
        invoke("tx", "link", f"a{number}", "hub", "--ledger", where)
    nothing = invoke("query", "rank", "--ledger", where, "--at", "1", code=ExitCode.REFUSED).stderr
    assert "has no ranking" in nothing
    found = document("query", "rank", "--ledger", where, "--receipt", path := tmp_path / "r.json")
    assert (found["height"], found["particles"]) == (2, 3)
    assert Receipt.from_json(path.read_text(encoding="utf-8")).height == 2
    assert document("query", "context", "a2", "--ledger", where)["seeds"] == ["a2"]


def test_commands_name_ledgers_near_a_mistyped_path(ledger: Path, invoke: Invoke) -> None:
    typed = ledger.with_name("leger")
    for words in (
        ("node", "status", typed),
        ("query", "rank", "--ledger", typed),
        ("state", "diff", ledger, f"{typed}@3"),
        ("rank", typed),
    ):
        assert f"; near: {ledger}" in invoke(*words, code=4).stderr, words
