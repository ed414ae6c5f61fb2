"""What was recalled from a ledger is proved by a receipt, or it is said why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import focusmesh
from focusmesh import FocusParams, Graph, RecallParams
from focusmesh.engine.focus import SCALE
from focusmesh.errors import BlockError, InputError, UnknownParticleError
from focusmesh.host.ledger.ledger import OpenLedger
from focusmesh.interface.retrievers.langchain import FocusRetriever
from focusmesh.kernel.receipts import Receipt, verify_receipt
from focusmesh.kernel.session import LedgerGraph, particle

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.kernel.block import Chain
    from tests.conftest import Needs
    from tests.ledger_fixtures import NewLedger

PAGERANK: dict[str, Any] = {"diffusion": SCALE, "series": (0,)}
EDGES = [
    ("aspirin thins the blood", "trial NCT01", 3, "rests on"),
    ("trial NCT01", "registry entry 2019", 1, "is"),
    ("aspirin upsets the stomach", "trial NCT02", 2, "rests on"),
    ("trial NCT02", "registry entry 2021", 1, "is"),
    ("aspirin upsets the stomach", "aspirin thins the blood", 1, "beside"),
]


@pytest.fixture(autouse=True)
def _index(needs: Needs) -> None:
    needs("tantivy")


@pytest.fixture(params=[{}, PAGERANK], ids=["tri-kernel", "pagerank"])
def memory(request: pytest.FixtureRequest, new_ledger: NewLedger) -> Path:
    """A ledger of claims and trials, under the default operator and under diffusion alone."""
    made = new_ledger("memory", **request.param)
    with focusmesh.open(made) as graph:
        graph.update(EDGES)
    return made


def chain_of(graph: LedgerGraph) -> Chain:
    opened = graph._ledger
    assert isinstance(opened, OpenLedger)
    return opened.chain


def checked(graph: LedgerGraph, receipt: Receipt) -> dict[str, Any]:
    """The items of a receipt that holds, as a stranger reads them; by digest."""
    chain = chain_of(graph)
    again = Receipt.from_json(receipt.to_json())
    whole = chain if receipt.proof == "re-execution" else None
    verify_receipt(again, chain.header(again.height), whole)
    return {item["particle"]: item for item in again.result["items"]}


def test_what_was_recalled_is_proved(memory: Path) -> None:
    with focusmesh.open(memory) as graph:
        recalled = graph.recall("thinning blood", 3, params=graph.provable, effort="exact")
        assert recalled.entries.keys() == {"aspirin thins the blood"}
        receipt = graph.receipt(recalled)
        assert recalled.root == graph.root == f"{receipt.state_root}@{receipt.height}"
        pagerank = chain_of(graph).parameters.diffusion == SCALE
        assert receipt.proof == ("rows" if pagerank else "re-execution")
        proved = checked(graph, receipt)
        digests = [particle(item.particle).id.hex() for item in recalled]
        assert digests == list(proved)[: len(digests)]
        for digest, item in zip(digests, recalled, strict=True):
            assert proved[digest]["name"] == item.particle
            off = abs(proved[digest]["score"] - item.score)
            assert off <= recalled.bound + receipt.result["bound"]


def test_pages_and_contexts_are_proved_too(memory: Path) -> None:
    with focusmesh.open(memory) as graph:
        told: dict[str, Any] = {
            "params": graph.provable,
            "effort": "exact",
            "context": ["trial NCT02"],
        }
        first = graph.recall("blood", 2, **told)
        second = graph.recall("blood", 2, **told, cursor=first.cursor)
        for page in (first, second):
            proved = checked(graph, graph.receipt(page))
            assert {particle(item.particle).id.hex() for item in page} <= proved.keys()
            assert particle("trial NCT02").id.hex() in proved


def test_an_earlier_answer_is_proved_after_edits(memory: Path) -> None:
    with focusmesh.open(memory) as graph:
        then = graph.recall("blood", 2, params=graph.provable)
        graph.link("aspirin thins the blood", "trial NCT03", 9)
        assert graph.receipt(then).height == graph.height - 1
        looked = graph.at(1).recall("blood", 2, params=graph.provable)
        assert looked.root == then.root
        assert graph.receipt(looked).state_root == graph.receipt(then).state_root


def test_what_cannot_be_proved_is_refused(memory: Path, new_ledger: NewLedger) -> None:
    with focusmesh.open(memory) as graph:
        asked: dict[str, Any] = {"question": "blood", "k": 2}
        with pytest.raises(InputError, match="the recall found nothing"):
            graph.receipt(graph.recall("wine", params=graph.provable))
        own = RecallParams(focus=FocusParams(alpha=0.3), popularity=1.0, text=0.0)
        with pytest.raises(InputError, match="another operator than the ledger's"):
            graph.receipt(graph.recall(**asked, params=own))
        with pytest.raises(InputError, match="not of a ledger"):
            graph.receipt(Graph.from_links(graph.links()).recall(**asked))
        filtered = graph.recall("blood", 2, relation="beside", params=graph.provable)
        with pytest.raises(InputError, match="not among the first 3 by focus: recall with"):
            graph.receipt(filtered)
        other = new_ledger("other", **PAGERANK)
        with focusmesh.open(other) as foreign:
            foreign.update(EDGES[:2])
            answer = foreign.recall(**asked, params=graph.provable)
        with pytest.raises(InputError, match="it is another ledger's"):
            graph.receipt(answer)


def test_an_answer_that_is_too_old_is_refused(new_ledger: NewLedger) -> None:
    made = new_ledger("short", history_window=2, **PAGERANK)
    with focusmesh.open(made) as graph:
        graph.update(EDGES)
        old = graph.recall("blood", 1, params=graph.provable)
        for number in range(4):
            graph.link("trial NCT01", f"note {number}")
        with pytest.raises(BlockError) as refused:
            graph.receipt(old)
        assert refused.value.code == "height"


def test_a_retriever_tells_the_root_and_a_forgotten_text_is_gone(memory: Path) -> None:
    with focusmesh.open(memory) as graph:
        retriever = FocusRetriever(graph=graph, k=9)
        (first, *_) = retriever.invoke("upset stomach")
        assert first.metadata["root"] == graph.root
        assert first.page_content == "aspirin upsets the stomach"
        graph.forget("aspirin upsets the stomach")
        assert retriever.invoke("upset stomach") == []
        with pytest.raises(UnknownParticleError):
            retriever.invoke("blood", context=["aspirin upsets the stomach"])
        names = {document.id for document in retriever.invoke("blood")}
        assert "aspirin upsets the stomach" not in names
