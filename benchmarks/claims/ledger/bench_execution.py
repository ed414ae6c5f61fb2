"""Signals carried out over a state, without signatures, rows, root and focus; beside SQLite doing the same sums."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from typing import TYPE_CHECKING

from benchmarks.harness import Result, Row, Target, interleaved, quotient, summary
from focusmesh.apps.bank import BANK_OPERATIONS
from focusmesh.engine.support.gc_pause import collector_at_rest
from focusmesh.ids import digest
from focusmesh.kernel.runtime import DONE, KERNEL_OPERATIONS, Link, Registry, Runtime
from focusmesh.kernel.state import LmdbStore, Parameters, State, endow
from focusmesh.protocol.identity import SIGNATURE_BYTES
from focusmesh.protocol.signal import Signal, parse

if TYPE_CHECKING:
    from focusmesh.protocol.signal import SignedSignal

_NEURONS = 10_000
_OPERATIONS = 10_000
_LARGE = 10
_SINGLE_AT_LEAST = 25_000.0
_MILLION_AT_MOST = 4.0
_NETWORK = digest(b"network")
_STAKE = 10**9


def measure(quick: bool) -> Result:
    """10,000 signals of one link by as many neurons, and ten signals of 10,000 links."""
    result = Result("execution")
    count = 500 if quick else _NEURONS
    neurons = sorted(digest(b"neuron %d" % number) for number in range(count))
    with tempfile.TemporaryDirectory() as folder:
        store = LmdbStore(folder)
        state = _begun(store, neurons)
        single = [_signal(neuron, [n]) for n, neuron in enumerate(neurons)]
        many = range(count if quick else _OPERATIONS)
        large = [_signal(neuron, many) for neuron in neurons[:_LARGE]]
        times = interleaved(
            {
                "one-link signals, accounts read from the store": lambda: _cold(state, single),
                "raw: SQLite in memory, an account and a link each": lambda: _sqlite(single),
                "links in signals of 10,000": lambda: _executed(state, large),
                "raw: SQLite in memory, a link each": lambda: _sqlite(large),
            },
            rounds=5,
        )
        store.close()
    best = {what: summary(taken)[0] for what, taken in times.items()}
    counts = [count, count, _LARGE * len(many), _LARGE * len(many)]
    rows: list[Row] = [
        {"what": what, "per_second": quotient(number, seconds), "µs_each": _each(seconds, number)}
        for (what, seconds), number in zip(best.items(), counts, strict=True)
    ]
    result.add("Signals carried out, one core", rows)
    alone, _, together, _ = best.values()
    rate = quotient(count, alone)
    million = None if together is None else together / counts[2] * 10**6
    result.targets += [
        Target(
            "one-link signals carried out a second", _SINGLE_AT_LEAST, rate, "/s", at_least=True
        ),
        Target("a million links in signals of 10,000", _MILLION_AT_MOST, million, "s"),
    ]
    return result


def _begun(store: LmdbStore, neurons: list[bytes]) -> State:
    state = State(store, Parameters(link_burn=1))
    working = state.begin(0, 0, b"")
    endow(working, [(neuron, _STAKE, _STAKE) for neuron in neurons])
    with state.transition(working):
        pass
    return state


def _signal(neuron: bytes, numbers: list[int] | range) -> SignedSignal:
    links = [
        Link(digest(b"%d" % number), digest(b"to %d" % number), b"", 1_000) for number in numbers
    ]
    signal = Signal(
        network=_NETWORK,
        neuron=neuron,
        nonce=0,
        expires_height=10,
        operations=tuple(link.as_fields() for link in links),
    )
    return parse(bytes(SIGNATURE_BYTES) + signal.encode())


def _cold(state: State, signals: list[SignedSignal]) -> float:
    state.refresh()
    return _executed(state, signals)


def _executed(state: State, signals: list[SignedSignal]) -> float:
    """Seconds to carry them out over the same state; what they changed is thrown away."""
    runtime = Runtime(Registry((*KERNEL_OPERATIONS, *BANK_OPERATIONS)), _NETWORK)
    working = state.begin(1, 0, b"")
    with collector_at_rest():
        began = time.perf_counter()
        results = runtime.execute(working, signals)
        working.settle()
        seconds = time.perf_counter() - began
    if any(result.code != DONE for result in results):
        raise RuntimeError("a signal of the benchmark failed")
    return seconds


def _sqlite(signals: list[SignedSignal]) -> float:
    """Seconds for the same accounts and links in one transaction of a database in memory."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE account (neuron BLOB PRIMARY KEY, balance, locked, nonce)")
    database.execute("CREATE TABLE link (key BLOB PRIMARY KEY, amount) WITHOUT ROWID")
    accounts = [(signed.signal.neuron, _STAKE) for signed in signals]
    database.executemany("INSERT INTO account VALUES (?, ?, 0, 0)", accounts)
    change = "UPDATE account SET balance = balance - ?, locked = locked + ?, nonce = nonce + 1 WHERE neuron = ?"
    add = "INSERT INTO link VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET amount = amount + excluded.amount"
    began = time.perf_counter()
    for signed in signals:
        neuron, operations = signed.signal.neuron, signed.signal.operations
        amount = sum(operation[4] for operation in operations)
        database.execute(change, (len(operations), amount, neuron))
        database.executemany(
            add,
            (
                (source + target + relation + neuron, n)
                for _, source, target, relation, n in operations
            ),
        )
    database.commit()
    seconds = time.perf_counter() - began
    database.close()
    return seconds


def _each(seconds: float | None, count: int) -> float | None:
    return None if seconds is None else 1e6 * seconds / count
