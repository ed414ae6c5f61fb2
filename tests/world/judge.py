"""The judge: after every step of a node it works out what should have come of it, and compares everything."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

from focusmesh.errors import BlockError, SignalError
from focusmesh.kernel.block import Body
from focusmesh.protocol.signal import parse
from tests.world.books import Books, Owner
from tests.world.naive import cbor, digest, merkle, sha256
from tests.world.naive_square import data_root
from tests.world.programs import meant
from tests.world.records import check_focus, check_records
from tests.world.rules import Block, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.block import Chain, Genesis
    from focusmesh.protocol.packet import Packet
    from tests.world.sim import SimNet, SimWorld

PATIENCE_MS = 10_000


class BrokenError(AssertionError):
    """An invariant does not hold; the message names it, and the seed that shows it."""


class Judge:
    """Knows what the ledger should be. ``forged`` are wires that nobody signed.

    ``codes`` counts what became of signals, ``done`` the operations that were carried out.
    """

    def __init__(self, sim: SimWorld, genesis: Genesis) -> None:
        self.sim = sim
        self.genesis = genesis
        rules = genesis.parameters.as_fields()
        self.books = Books(parameters=rules)
        self.height = 0
        self.forged: set[bytes] = set()
        self.placed: set[bytes] = set()
        self.forgot: set[bytes] = set()
        """Contents that the last block forgot."""
        self.codes: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        for neuron, balance, stake in ((g.neuron, g.balance, g.stake) for g in genesis.grants):
            full = stake // rules["bandwidth_stake"] * rules["bandwidth_blocks"]
            self.books.owners[neuron] = Owner(balance, stake, bandwidth=full)
        self.supply = self.books.supply
        self.past: list[tuple[bytes, dict[bytes, bytes]]] = []
        self.random = Random(f"judge {sim.seed}")

    def expect(self, name: str, found: Any, wanted: Any) -> None:
        if found != wanted:
            raise BrokenError(
                f"seed {self.sim.seed}, block {self.height}, {name}: {found!r}, not {wanted!r}"
            )

    def look(self, chain: Chain, net: SimNet, ended: bool) -> None:
        """After a step, or where a process begins anew on what a killed one left (then nothing was ``ended``)."""
        made = chain.height - self.height
        if made not in (0, 1):
            raise BrokenError(f"seed {self.sim.seed}: block {chain.height} after {self.height}")
        if not made and not ended:
            self.expect("root after a restart", chain.state.root, self.books.root)
            # Who begins anew drops once more what the last block forgot.
            self.expect("contents dropped anew", net.forgotten - self.forgot, set())
            net.forgotten = set()
            return
        told, signals = self._sorted(net.offered)
        verdict = self._verdict(chain, net.offered, signals, chain.height + 1 - made)
        self.expect("signals in a block", bool(verdict.included), bool(made))
        if made:
            self.height += 1
            self.forgot = _forgotten(verdict)
            self._block(chain, verdict, net.offered_at)
        if ended:
            self._words(net, told | verdict.refused)
            net.offered, net.words = [], []
        if made or ended:
            self.expect("contents dropped", net.forgotten, self.forgot if made else set())
        net.forgotten = set()

    def _sorted(self, offered: Iterable[Packet]) -> tuple[dict[bytes, str], list[Any]]:
        """Codes of what is no signal, and the signals."""
        refused, signals = {}, []
        rules = self.books.parameters
        for packet in offered:
            try:
                signed = parse(packet.wire)
            except SignalError as error:
                refused[packet.id] = error.code
                continue
            most = min(rules["signal_bytes_max"], rules["block_bytes_max"] // 2)
            if len(packet.wire) > most or len(signed.signal.operations) > rules["operations_max"]:
                refused[packet.id] = "size"
            elif packet.wire in self.forged:
                refused[packet.id] = "signature"
            else:
                signals.append(signed)
        return refused, signals

    def _verdict(
        self, chain: Chain, offered: Iterable[Packet], signals: list[Any], height: int
    ) -> Verdict:
        sent = {signed.wire for signed in signals}
        contents = {
            digest(each): each
            for packet in offered
            if packet.wire in sent
            for each in packet.contents
        }
        roots = [root for root, _ in self.past]
        block = Block(self.books, self.genesis.network, height, contents, roots)
        return block.propose(chain.header(height - 1).id, self.proposers()[0], signals)

    def proposers(self) -> list[bytes]:
        """Who may make the next block."""
        return [self.books.holder(key) for key in self.books.parameters["proposers"]]

    def _words(self, net: SimNet, refused: dict[bytes, str]) -> None:
        """Whoever was refused was told why; who was not may still have its turn, and had not waited long."""
        self.codes.update(code for _, code, _ in net.words)
        for signal, code, waited in net.words:
            self.expect(f"refusal of {signal.hex()}", code, refused.pop(signal, None))
            packet = next(each for each in net.offered if each.id == signal)
            if code == "nonce" and waited < PATIENCE_MS:
                self.expect("patience", self._is_early(packet), False)
        for signal, code in refused.items():
            packet = next(each for each in net.offered if each.id == signal)
            self.expect("word kept back", (code, self._is_early(packet)), ("nonce", True))

    def _is_early(self, packet: Packet) -> bool:
        signal = parse(packet.wire).signal
        owner = self.books.owners.get(signal.neuron)
        return owner is not None and signal.nonce > owner.nonce

    def _block(self, chain: Chain, verdict: Verdict, now: int) -> None:
        block, proposers = chain.block(self.height), self.proposers()
        header, body = block.header, Body.decode(block.body, 1 << 28)
        self._check_body(body, verdict)
        books, before = verdict.books, self.books
        self.books = books
        parent = chain.header(self.height - 1)
        self.expect("time", header.time, max(parent.time, now))
        self.expect("parent", header.parent, digest(parent.encode()))
        self.expect("proposer", (header.proposer,), tuple(proposers))
        self.expect("validators_hash", header.validators_hash, digest(cbor(proposers)))
        self.expect("data_root", header.data_root, data_root(block.body))
        ids = [signed.id for signed, _ in verdict.included]
        self.expect("signals_root", header.signals_root, merkle(ids))
        self.expect("signals placed twice", self.placed & set(ids), set())
        self.placed |= set(ids)
        self._check_amounts(before, verdict)
        check_focus(self.expect, self.books, chain, header)
        check_records(self.expect, self.books, chain)
        self.expect("root", header.state_root, self.books.root)
        self._check_past(chain)
        codes = [code for _, code in verdict.included]
        self.codes.update(codes)
        self.sim.note("block", header.height, header.id, header.state_root, *codes)
        self.sim.note("bytes", sha256(block.header_bytes + block.proof + block.body))

    def _check_body(self, body: Body, verdict: Verdict) -> None:
        found = [
            (digest(wire[64:]).hex(), outcome.code, outcome.fee)
            for wire, outcome in zip(body.signals, body.results, strict=True)
        ]
        wanted = [(each.id.hex(), code, each.signal.tip) for each, code in verdict.included]
        self.expect("outcomes", found, wanted)

    def _check_amounts(self, before: Books, verdict: Verdict) -> None:
        """Supply moves by what was minted and burned alone; what is locked is what links hold, within the stake."""
        rules = self.books.parameters
        for signed, code in verdict.included:
            for name, *parts in signed.signal.operations if code == "ok" else ():
                self.done[name] += 1
                moves = {"mint/1": (1, -1), "burn/1": (-1, 0)}.get(name)
                self.supply += moves[0] * parts[moves[1]] if moves else 0
                links = {"link/1": 1, "link_program/1": len(meant(parts[0]).links)}.get(name, 0)
                self.supply -= rules["link_burn"] * links
        self.supply -= sum(self.books.lost.values()) - sum(before.lost.values())
        self.expect("supply", self.books.supply, self.supply)
        locked: dict[bytes, int] = {}
        for (*_, author), (amount, _) in self.books.links.items():
            locked[author] = locked.get(author, 0) + amount
        for neuron, owner in self.books.owners.items():
            self.expect("locked", owner.locked, locked.get(owner.origin or neuron, 0))
            self.expect("locked within stake", 0 <= owner.locked <= owner.stake, True)

    def _check_past(self, chain: Chain) -> None:
        """One state of those that are kept, drawn for this block, is still what it was; older ones are refused."""
        self.past.append((self.books.root, self.books.leaves()))
        oldest = max(self.height - self.books.parameters["history_window"], 0)
        height = self.random.randint(max(oldest, 1), self.height)
        with chain.state.at(height) as view:
            found = view.root, dict(view.scan())
        self.expect(f"the state at {height}", found, self.past[height - 1])
        for gone in range(max(oldest - 1, 0), oldest):
            self.expect(f"whether the state at {gone} is kept", _is_kept(chain, gone), False)


def _is_kept(chain: Chain, height: int) -> bool:
    try:
        with chain.state.at(height):
            return True
    except BlockError:
        return False


def _forgotten(verdict: Verdict) -> set[bytes]:
    """The particles whose contents a block's signals forgot."""
    return {
        operation[1]
        for signed, code in verdict.included
        if code == "ok"
        for operation in signed.signal.operations
        if operation[0] == "forget/1"
    }
