"""Link programs through every door of a ledger: the graph, the command, a node, receipts, a chain that is verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import focusmesh
from focusmesh.errors import (
    FuelError,
    InputError,
    LinkProgramError,
    ParameterError,
    ProgramError,
    SignalError,
)
from focusmesh.host.ledger.ledger import OpenLedger
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.ids import digest, to_cid
from focusmesh.kernel.receipts import verify_receipt
from focusmesh.kernel.runtime import PROGRAM_FUEL_MAX, LinkProgram
from focusmesh.kernel.session import Signer, Step, program_step
from tests.host.nodes import Node
from tests.interface.cli.conftest import document, invoke, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.packet import Packet
    from tests.interface.cli.conftest import Invoke
    from tests.ledger_fixtures import NewLedger

__all__ = ["document", "invoke"]

RING = """
@one(n) = ~n{0: *; 1+p: !&1{p0,p1}=p; &0{p0,@one(p1)}}
@main   = !&2{a,b}=@one(@count); #Link{a,(% (+ b 1) @count)}
"""
NAMES = ["ann", "bob", "cid"]
ENDS = digest(b"one end") + digest(b"another end")
COSTLY = LinkProgram("@main = #Link{0,1}", ENDS, b"", 1, 1, PROGRAM_FUEL_MAX)
WANTED = [("ann", "bob", 1), ("bob", "cid", 1), ("cid", "ann", 1)]


def test_the_links_of_a_program_are_links_like_others(ledger: Path, alice: SigningKey) -> None:
    with focusmesh.open(ledger) as graph:
        found = graph.link_program(RING, NAMES, relation="follows", weight=3)
        assert sorted(found.named()) == WANTED
        assert graph.height == 1
        (link,) = graph.between("cid", "ann")
        assert (link.weight, link.relation, link.author) == (3, "follows", alice.public.hex())
        receipt = graph.receipt(graph.recall("ann", params=graph.provable))
        opened = graph._ledger
        assert isinstance(opened, OpenLedger)
        chain = opened.chain
        verify_receipt(receipt, chain.header(1), chain)
        graph.unlink("cid", "ann")
        assert graph.link_count == 2


def test_what_is_tried_first_changes_nothing(ledger: Path) -> None:
    with focusmesh.open(ledger) as graph:
        assert sorted(graph.link_program(RING, NAMES, dry_run=True).named()) == WANTED
        for error, text, more in [
            (ProgramError, "@main = (", {}),
            (LinkProgramError, "#Link{0,9}", {}),
            (FuelError, RING, {"fuel": 5}),
            (InputError, RING, {"fuel": PROGRAM_FUEL_MAX + 1}),
            (InputError, RING, {"weight": 0.5}),
            (InputError, RING, {"weight": 2**63}),
            (ParameterError, RING, {"evaluator": "bulk"}),
            (InputError, RING, {"lists": {"count": [()]}}),
        ]:
            with pytest.raises(error):
                graph.link_program(text, NAMES, **more)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="the same particle"):
            graph.link_program(RING, ["ann", to_cid(digest(b"ann"))])
        assert graph.height == 0
        with pytest.raises(SignalError) as refused:
            graph.link_program("#Link{0,1,4000000000}", NAMES, weight=1_000)
        assert (refused.value.code, graph.height, graph.link_count) == ("stake", 1, 0)


def test_no_more_is_signed_than_it_takes() -> None:
    made = program_step(RING, NAMES)
    took = made.found.links.statistics.interactions
    assert made.operation.links_max == 3
    assert took <= made.operation.fuel < PROGRAM_FUEL_MAX
    assert made.operation.run().interactions == took
    assert set(made.step.contents.values()) == {b"ann", b"bob", b"cid"}
    assert set(program_step("#Link{0,1}", NAMES).step.contents.values()) == {b"ann", b"bob"}


def test_the_command(
    ledger: Path, tmp_path: Path, document: Callable[..., dict[str, Any]], invoke: Invoke
) -> None:
    program = written(tmp_path / "ring.ic", RING)
    given = ("--names", written(tmp_path / "names.txt", "\n".join(NAMES)))
    tried = document("tx", "link-program", program, *given, "--dry-run")
    assert sorted((each["source"], each["target"]) for each in tried["links"]) == [
        (source, target) for source, target, _ in WANTED
    ]
    assert "height" not in tried
    assert document("node", "status", ledger)["height"] == 0
    sent = document("tx", "link-program", program, *given, "--relation", "follows")
    assert (sent["height"], sent["code"], sent["fuel"]) == (1, "ok", tried["fuel"])
    assert document("query", "link", "cid", "ann")["items"][0]["relation"] == "follows"
    cites = written(tmp_path / "cites.tsv", "a\tb\nb\tc\n")
    text = "@main = ~@cites{#Cons{h,t}: ~h{#Pair{a,b}: #Link{a,b}}}"
    listed = invoke("rewrite", "links", "-", "--list", f"cites={cites}", stdin=text).stdout
    assert listed == "source,target,weight\na,b,1\n"


@pytest.mark.parametrize(
    ("text", "options", "code", "message"),
    [
        ("@main = (", (), 3, "stdin:1:10: something is missing"),
        ("#Link{0,5}", (), 3, "stdin: link 0 of the program, from 0 to 5, has a number without"),
        ("@main = @main", ("--fuel", "50"), 6, "interactions; allow it more fuel"),
        ("#Link{0,1}", ("--list", "x"), 2, "say NAME=FILE"),
        ("#Link{0,1}", ("--names", "absent.txt"), 4, "absent.txt"),
    ],
)
@pytest.mark.usefixtures("ledger")
def test_how_the_command_ends(
    invoke: Invoke, text: str, options: tuple[str, ...], code: int, message: str
) -> None:
    for command in (("tx", "link-program"), ("rewrite", "links")):
        done = invoke(*command, "-", *options, code=code, stdin=text)
        assert message in done.stderr


def test_a_node_keeps_for_the_next_block_what_one_has_no_room_for(
    ledger: Path, alice: SigningKey, bob: SigningKey
) -> None:
    node = Node(ledger, alice)
    try:
        steps = [Step(COSTLY.as_fields())] * 2
        packets: list[Packet] = []
        for key in (alice, bob):
            signer = Signer(key, node.chain.network, node.chain.parameters)
            packets += signer.packets(signer.batches(steps, lambda _: True), 0, 0)
        for packet in packets:
            node.spool.leave(packet)
        first, second = node.producer.step(), node.producer.step()
        assert first is not None
        assert second is not None
        assert [len(each.results) for each in (first, second)] == [1, 1]
        assert {result.code for result in (*first.results.values(), *second.results.values())} == {
            "ok"
        }
        assert node.spool.waiting() == {}
    finally:
        node.shared.release()


def test_a_sender_of_its_own_blocks_makes_as_many_as_it_takes(ledger: Path) -> None:
    with focusmesh.open(ledger) as graph:
        placed = graph._ledger.send([Step(COSTLY.as_fields())] * 3)
        assert [each.code for each in placed] == ["ok"]
        with pytest.raises(SignalError) as refused:
            graph._ledger.send([Step(COSTLY.as_fields())] * 4)
        assert refused.value.code == "size"


def test_a_network_of_before_goes_on_without(new_ledger: NewLedger, invoke: Invoke) -> None:
    """Its genesis names the earlier set: it opens, is written to and verified, and refuses programs."""
    before, *_ = operations()._earlier
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("focusmesh.host.storage.ledger_folder.operations", lambda: before)
        folder = new_ledger("older")
    with focusmesh.open(folder) as graph:
        graph.link("a", "b")
        with pytest.raises(SignalError) as refused:
            graph.link_program(RING, NAMES)
        assert (refused.value.code, graph.height) == ("operation", 1)
        graph.update(graph.link_program(RING, NAMES, dry_run=True).named())
        assert graph.link_count == 4
    invoke("chain", "verify", "--ledger", folder)
