"""Proofs of a wrong focus: how many bytes they are and how long checking one takes, and what the trace costs a block.

The graphs are those of ``bench_chain_focus``. In each proof one committed number is wrong: an entry of a stage of the
particle with the most links, of one with a median number, a sum in the middle of all links. A proof is checked with two
headers and the parameters, in one process. What commits to the trace is held against the same blocks without it, in
processor time of all cores, the least of some blocks, so that what else the machine does counts little.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data.graphs import Inputs
from benchmarks.harness import Result, Row, Target
from benchmarks.worker import Worker
from focusmesh import FocusParams
from focusmesh.engine.focus import EPSILON, ProtocolParams, residual_limit
from focusmesh.kernel.block import FocusCertificate, Header
from focusmesh.kernel.focus import (
    RECORDS_A_PAGE,
    ChainFocus,
    FocusEdits,
    FocusTrace,
    TraceForm,
    columns_of,
)
from focusmesh.kernel.fraud import verify_fraud
from focusmesh.kernel.fraud.forms import INWARD, OUTWARD, RECORDS
from focusmesh.kernel.fraud.page_server import FocusPages
from focusmesh.kernel.fraud.recorder import Claims
from focusmesh.kernel.fraud.truth import Truth
from focusmesh.kernel.state import Parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.focus import WordPages
    from focusmesh.kernel.fraud import TraceAsk

_SIZES = {"rmat7": 1_000, "rmat10": 10_000, "rmat14": 100_000, "rmat17": 1_000_000}
_WEIGHT_MAX = 1_000
_CHANGED = 100
_BLOCKS = 10


class Accused:
    """A graph with a focus, and what it is committed to."""

    def __init__(self, graph: str, links: str) -> None:
        given, count = Inputs.named(graph), int(links)
        self._random = np.random.default_rng(5)
        self._source, self._target = given.source[:count], given.target[:count]
        weight = self._random.integers(1, _WEIGHT_MAX, count)
        digests = self._random.integers(0, 256, (given.particle_count, 32), dtype=np.uint8)
        self._edits = FocusEdits.of(digests, self._source, self._target, weight)
        self._parameters = Parameters(version=4)
        self._limit = residual_limit(EPSILON)

    def size(self) -> dict[str, int]:
        """Particles and links."""
        return {"particles": len(self._edits.digests), "links": len(self._source)}

    def cost(self) -> dict[str, float]:
        """Milliseconds of processor time to check a block, without and with a trace, and of the latter its pages."""
        params = ProtocolParams.of(FocusParams())
        found: dict[str, list[float]] = {"plain": [], "traced": [], "trace": []}
        chains = [
            ChainFocus(params, self._limit, time.process_time, trace=trace)
            for trace in (False, True)
        ]
        edits = self._edits
        for _ in range(_BLOCKS):
            delta = chains[0].advance(edits).delta
            chains[0].undo()
            for name, chain in zip(("plain", "traced"), chains, strict=True):
                begun = time.process_time()
                step = chain.check(edits, delta)
                found[name].append(1e3 * (time.process_time() - begun))
            found["trace"].append(1e3 * step.seconds["trace"])
            edits = self._changes()
        return {name: min(times[1:]) for name, times in found.items()}

    def proofs(self) -> dict[str, dict[str, float]]:
        """Bytes of a proof of each kind, and milliseconds to check it."""
        chain = ChainFocus(ProtocolParams.of(FocusParams()), self._limit, trace=True)
        chain.advance(self._edits)
        held = chain.ahead(FocusEdits.of([], [], [], []))
        trace = FocusTrace.of(held.operator(chain.params), held.vector, held.links)
        columns, form = columns_of(trace.traced), trace.traced
        degree = (columns["outs"] + columns["ins"]).astype(np.int64)
        median = int(np.argsort(degree)[len(degree) // 2])
        places = {"hub": int(np.argmax(degree)), "median": median}
        found = {
            f"Q5 of the {name} ({degree[rank]} links)": self._shown(held, trace, "stage", 6, rank)
            for name, rank in places.items()
        }
        middle = len(form.links.inward.column) // 32
        found["a sum of links"] = self._shown(held, trace, "sums", INWARD, middle, 5)
        found["a sum of particles"] = self._shown(held, trace, "sums", RECORDS, median // 4, 5)
        return found

    def _shown(self, held: Any, trace: FocusTrace, kind: str, *at: int) -> dict[str, float]:
        """A proof that this rule is broken there, by a falsified page."""
        form = TraceForm(self._parameters.operator.terms)
        records, inward = _copied(trace.records), _copied(trace.inward)
        if kind == "stage":
            page, place = divmod(at[1], RECORDS_A_PAGE)
            column = len(form.summed_columns) + place * len(form.record) + form.record.index("Q5")
            records.whole[page, column] ^= np.uint64(1)
        else:
            (records if at[0] == RECORDS else inward).whole[at[1] + 1, at[2]] ^= np.uint64(1)
        head = replace(trace.head, records=records.tree.root, inward=inward.tree.root)
        bent = FocusTrace(trace.traced, head, records, trace.outward, inward)
        pages = FocusPages.of(held.vector, held.order.digests, bent)
        parent, header = self._headers(held, pages)
        truth = Truth(header, parent, self._parameters, held, held.vector, {}, lambda *_: None)
        claims = Claims(truth, _Given(pages))
        claims.own_head = bent.head
        claims.own = {RECORDS: bent.records, OUTWARD: bent.outward, INWARD: bent.inward}
        proof = claims.proof(kind, *at)
        assert proof is not None
        times = []
        for _ in range(25):
            begun = time.perf_counter()
            verify_fraud(proof, header, parent, self._parameters)
            times.append(1e3 * (time.perf_counter() - begun))
        return {"bytes": len(proof), "milliseconds": min(times)}

    def _headers(self, held: Any, pages: FocusPages) -> tuple[Header, Header]:
        digest = bytes(32)
        blank: dict[str, Any] = dict.fromkeys(
            ("network", "state_root", "data_root", "signals_root", "proposer"), digest
        )
        same = blank | {"validators_hash": digest, "params_hash": digest}
        parent = Header(
            version=1, height=1, time=0, parent=digest, focus_root=digest,
            focus_certificate=None, extra=b"", **same,
        )  # fmt: skip
        certificate = FocusCertificate(
            height=2, particles=len(held.vector), rise=0, limit=self._limit, params_hash=digest,
            graph_root=digest, particles_root=pages.trees[0].tree.root,
            leaders_root=pages.trees[2].tree.root, trace_root=pages.head.root,
        )  # fmt: skip
        header = Header(
            version=1, height=2, time=0, parent=parent.id, focus_root=pages.trees[1].tree.root,
            focus_certificate=certificate, extra=b"", **same,
        )  # fmt: skip
        return parent, header

    def _changes(self) -> FocusEdits:
        """One link in a hundred drawn anew, between the ends of two that are there."""
        draw, many = self._random, max(1, len(self._source) // _CHANGED)
        one, other = draw.integers(0, len(self._source), (2, many))
        source, target = self._source[one], self._target[other]
        _, kept = np.unique(source * len(self._edits.digests) + target, return_index=True)
        kept = kept[source[kept] != target[kept]]
        weight = draw.integers(1, _WEIGHT_MAX, len(kept))
        return FocusEdits.of([], source[kept], target[kept], weight)


class _Given:
    """Pages that are at hand."""

    def __init__(self, pages: FocusPages) -> None:
        self._pages = pages

    def answers(self, asks: Sequence[TraceAsk]) -> list[bytes]:
        return [self._pages.answer(ask) for ask in asks]

    def refuse(self, ask: TraceAsk) -> None:
        raise AssertionError(ask)


def _copied(pages: WordPages) -> WordPages:
    return type(pages)(pages.whole.copy(), pages.rest.copy())


def measure(quick: bool) -> Result:
    """Proofs, and what a block costs, on graphs of several sizes."""
    result = Result("fraud")
    proofs: list[Row] = []
    costs: list[Row] = []
    for graph, links in list(_SIZES.items())[: 2 if quick else 4]:
        with Worker("benchmarks.claims.ledger.bench_fraud:Accused", graph, str(links)) as worker:
            size = worker.ask("size").get("answer", {})
            if not size:
                result.not_run[f"fraud on {graph}"] = str(worker.missing)
                continue
            cost, shown = (worker.ask(name)["answer"] for name in ("cost", "proofs"))
        costs.append({**size, **cost, "more": cost["traced"] - cost["plain"]})
        proofs += [{**size, "what is wrong": name, **each} for name, each in shown.items()]
    result.add("Proofs of one wrong number, ms to check with headers alone", proofs)
    result.add("Checking a block, ms of processor time, all cores", costs)
    for row in costs:
        limit = {100_000: 25.0, 1_000_000: 250.0}.get(int(row["links"] or 0))
        if limit is not None:
            what = f"the trace of {row['links']:,} links, more than without"
            result.targets.append(Target(what, limit, float(row["more"] or 0), "ms"))
    return result
