"""Receipts on a ledger of 10⁶ links: how large they are, how long they take to make and to check, what they settle.

The ledger ranks by diffusion, so that contexts are proved by the rows they push; links are R-MAT with the usual
probabilities, in signed signals of 10,000 operations. Nobody else attaches a proof to a ranked answer, so what stands
beside checking is hashing the receipt's bytes once with SHA-256. "Agreement" is how many of the listed particles are
among as many of the solved context, whatever the receipt says of its order.
"""

from __future__ import annotations

import hashlib
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from benchmarks.data.graphs import Inputs
from benchmarks.harness import Result, Row, Target
from focusmesh import Graph
from focusmesh.apps.bank import BANK_OPERATIONS
from focusmesh.engine.focus import FocusParams, ProtocolParams
from focusmesh.ids import digest
from focusmesh.kernel.block import Chain, Genesis, Grant
from focusmesh.kernel.receipts import ReceiptMaker, verify_receipt
from focusmesh.kernel.runtime import KERNEL_OPERATIONS, Registry
from focusmesh.kernel.state import MemoryStore, Parameters
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.signal import Signal, parse, sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from focusmesh.kernel.receipts import Receipt
    from focusmesh.protocol.signal import SignedSignal

Answer = TypeVar("Answer")

_KEY = SigningKey(bytes(31) + b"\x01")
_OPERATIONS = 10_000
_LISTED = 20
_ASKED = 30
_BYTES, _LINKS = 1_000_000, 1_000_000


def measure(quick: bool) -> Result:
    """10⁶ links (quick: 10⁵) of the R-MAT graph of scale 17."""
    result = Result("receipt")
    whole, links = Inputs.named("rmat17"), _LINKS // 10 if quick else _LINKS
    inputs = Inputs(
        whole.particle_count, whole.source[:links], whole.target[:links], whole.weight[:links]
    )
    amounts = [max(1, round(weight * 1_000)) for weight in inputs.weight.tolist()]
    asked = np.random.default_rng(7).choice(inputs.source, _ASKED, replace=False).tolist()
    solved = _solved(inputs, amounts, asked)
    chain = _ledger(inputs, amounts)
    rows = [_asked(name, ask, chain, solved) for name, ask in _questions(chain, asked[0]).items()]
    particles = len(chain.state.digests)
    title = f"{particles:,} particles, {links:,} signed links, {_ASKED} questions each"
    result.add(f"Receipts, {title}", rows)
    largest = max(float(row["bytes_max"] or 0) for row in rows)
    result.targets.append(Target("the largest receipt as JSON", _BYTES, largest, "bytes"))
    return result


def _questions(chain: Chain, target: int) -> dict[str, Callable[[int], Receipt]]:
    maker = ReceiptMaker(chain, _KEY)
    return {
        "context": lambda seed: maker.context(None, {_name(seed): 1.0}, _LISTED),
        "context, 20,000 links": lambda seed: maker.context(
            None, {_name(seed): 1.0}, _LISTED, links_max=20_000
        ),
        "the first 20": lambda seed: maker.rank(None, _LISTED),
        "score of one": lambda seed: maker.scores(None, [_name(seed)]),
        "axon": lambda seed: maker.link(None, _name(seed), _name(target)),
    }


def _asked(
    name: str, ask: Callable[[int], Receipt], chain: Chain, solved: Mapping[int, set[str]]
) -> Row:
    """Sizes and times of one kind of question, after one that is not counted."""
    ask(next(iter(solved)))
    asked = {seed: _timed(partial(ask, seed)) for seed in solved}
    texts = {seed: receipt.to_json().encode() for seed, (receipt, _) in asked.items()}
    header = chain.tip
    checked = [_timed(partial(verify_receipt, one, header))[1] for one, _ in asked.values()]
    hashed = [_timed(partial(hashlib.sha256, text))[1] for text in texts.values()]
    sizes = [len(text) for text in texts.values()]
    row: Row = {
        "receipt": name,
        "bytes_median": statistics.median(sizes),
        "bytes_max": max(sizes),
        "make_ms": 1e3 * statistics.median(seconds for _, seconds in asked.values()),
        "check_ms": 1e3 * statistics.median(checked),
        "sha256_ms": 1e3 * statistics.median(hashed),
    }
    return row | _answered({seed: receipt for seed, (receipt, _) in asked.items()}, solved)


def _answered(receipts: Mapping[int, Receipt], solved: Mapping[int, set[str]]) -> Row:
    """How good the contexts are that these receipts prove; of what is none, nothing."""
    contexts = {seed: one.result for seed, one in receipts.items() if one.kind == "context"}
    if not contexts:
        return {"agreement": None, "bound_median": None, "settled": None}
    listed = {
        seed: {item["particle"] for item in result["items"]} for seed, result in contexts.items()
    }
    shares = [len(found & solved[seed]) / len(found) for seed, found in listed.items()]
    return {
        "agreement": statistics.mean(shares),
        "bound_median": statistics.median(result["bound"] for result in contexts.values()),
        "settled": sum(result["settled"] for result in contexts.values()),
    }


def _timed(action: Callable[[], Answer]) -> tuple[Answer, float]:
    begun = time.perf_counter()
    answer = action()
    return answer, time.perf_counter() - begun


def _solved(inputs: Inputs, amounts: list[int], asked: list[int]) -> dict[int, set[str]]:
    """The best of each context, solved: particles in hexadecimal by seed."""
    ends = inputs.source, inputs.target
    graph = Graph.from_edges(*ends, np.array(amounts, np.float64), particles=inputs.particle_count)
    contexts = graph.contexts(
        [[seed] for seed in asked], k=_LISTED, effort="exact", params=FocusParams.pagerank()
    )
    return {
        seed: {_name(int(str(item.particle))).hex() for item in context}
        for seed, context in zip(asked, contexts, strict=True)
    }


def _name(particle: int) -> bytes:
    return digest(b"%d" % particle)


def _ledger(inputs: Inputs, amounts: list[int]) -> Chain:
    """A ledger in memory with one block of all links."""
    operator = ProtocolParams.of(FocusParams.pagerank())
    registry = Registry((*KERNEL_OPERATIONS, *BANK_OPERATIONS))
    parameters = Parameters(
        alpha=operator.alpha,
        diffusion=operator.diffusion,
        series=operator.series,
        proposers=(_KEY.public,),
    )
    genesis = Genesis(
        name="receipts",
        time=0,
        parameters=parameters,
        grants=(Grant(_KEY.public, 0, 1 << 40),),
        operations=registry.digest,
    )
    chain = Chain.create(MemoryStore(), genesis, registry)
    names = [_name(at) for at in range(inputs.particle_count)]
    operations = [
        ("link/1", names[source], names[target], b"", amount)
        for source, target, amount in zip(
            inputs.source.tolist(), inputs.target.tolist(), amounts, strict=True
        )
    ]
    starts = range(0, len(operations), _OPERATIONS)
    signals = [
        _signal(chain.network, nonce, tuple(operations[first : first + _OPERATIONS]))
        for nonce, first in enumerate(starts)
    ]
    proposed = chain.propose(signals, 1, _KEY)
    if proposed.refused or any(one.code != "ok" for one in proposed.results.values()):
        raise RuntimeError(f"the links did not get into a block: {proposed.refused}")
    return chain


def _signal(network: bytes, nonce: int, operations: tuple[tuple[Any, ...], ...]) -> SignedSignal:
    signal = Signal(
        network=network,
        neuron=_KEY.public,
        nonce=nonce,
        expires_height=9,
        operations=operations,
    )
    return parse(sign(signal, _KEY))
