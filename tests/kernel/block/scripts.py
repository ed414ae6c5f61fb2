"""Scripts of what can happen to candidates: blocks on branches, by two nodes, some of them decided."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

from focusmesh.ids import digest
from focusmesh.kernel.block import Candidates, Chain
from focusmesh.protocol.signal import Signal, parse, sign
from tests.kernel.block.ledger import KEYS, PROPOSER, REGISTRY, particle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    from focusmesh.kernel.block import Block, Genesis
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.signal import SignedSignal

Offered = tuple["list[SignedSignal]", "Mapping[bytes, bytes]"]


class Script:
    """Two nodes of one network: one plays, the other makes the blocks that the first one judges."""

    def __init__(self, make_store: Callable[[], Store], began: Genesis) -> None:
        self._held = ExitStack()
        self.store = self._held.enter_context(closing(make_store()))
        other = self._held.enter_context(closing(make_store()))
        for store in (self.store, other):
            Chain.create(store, began, REGISTRY)
        self.candidates = Candidates(self.store, REGISTRY)
        self.other = Candidates(other, REGISTRY)
        self.decided: list[tuple[Block, Mapping[bytes, bytes]]] = []
        self.made: dict[bytes, tuple[Block, Offered]] = {}
        self.turn = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._held.close()

    def play(self, move: str, choice: int) -> None:
        """One move; ``choice`` says which block it goes on from, or decides."""
        self.turn += 1
        getattr(self, f"_{move}")(choice)

    def _make(self, choice: int) -> None:
        self._made_by(self.candidates, choice)

    def _judge(self, choice: int) -> None:
        """The other node makes a block, which this one judges."""
        block, (signals, contents) = self._made_by(self.other, choice)
        self.candidates.judge(block, block.header.parent, signals, contents)

    def _made_by(self, node: Candidates, choice: int) -> tuple[Block, Offered]:
        known = [None, *[block for block, _ in self.made.values() if self._have(node, block)]]
        parent = known[choice % len(known)]
        header = node.final if parent is None else parent.header
        offered = self.signals(self._nonces(header.id))
        made = node.make(header.id, offered[0], header.time + self.turn, PROPOSER, offered[1])
        assert made.block is not None
        self.made[made.block.id] = (made.block, offered)
        return made.block, offered

    def _have(self, node: Candidates, block: Block) -> bool:
        """Whether this node knows a block, and who makes the next one too."""
        return all(each.block(block.id) for each in (node, self.candidates))

    def _decide(self, choice: int) -> None:
        able = [each for each in self.made.values() if self.candidates.block(each[0].id)]
        if not able:
            return
        self.decide(able[choice % len(able)][0])

    def decide(self, block: Block) -> None:
        """It is decided, with those before it."""
        self._note(self.candidates.decide(block.id))

    def _take(self, choice: int) -> None:
        """The other node's block is decided there, and taken here."""
        block, (_, contents) = self._made_by(self.other, 0)
        self._note(self.candidates.take([(block, contents)]))

    def _abandon(self, choice: int) -> None:
        self.candidates.abandon()

    def _note(self, blocks: list[Block]) -> None:
        """Both nodes have what is decided."""
        run = [(block, self.made[block.id][1][1]) for block in blocks]
        self.decided += run
        if run and self.other.final.id != blocks[-1].id:
            self.other.take(run)
        height = self.candidates.final.height
        self.made = {key: pair for key, pair in self.made.items() if pair[0].header.height > height}

    def _nonces(self, block_id: bytes) -> dict[bytes, int]:
        """What each neuron signs next after a block: every block has a signal of each but the proposer."""
        count, at = self.candidates.final.height, block_id
        while at in self.made:
            count, at = count + 1, self.made[at][0].header.parent
        return dict.fromkeys([key.public for key in KEYS[1:]], count)

    def signals(self, nonces: dict[bytes, int], turn: int | None = None) -> Offered:
        """Links to particles that other branches make too and to others, content that comes and is forgotten."""
        turn = self.turn if turn is None else turn
        text = f"content {turn % 3}".encode()
        lists: list[list[list[Any]]] = [
            [["link/1", particle(turn % 5), particle(f"new {turn}"), b"", 7]],
            [["link/1", particle(f"{turn} {at}"), particle(at), b"", 3 + at] for at in range(40)],
            [["put_blob/1", digest(text), len(text)]]
            if turn % 2
            else [["forget/1", digest(text), b""]],
        ]
        signals = []
        for key, operations in zip(KEYS[1:], lists, strict=True):
            fields: dict[str, Any] = {
                "network": self.candidates.decided.network,
                "neuron": key.public,
                "nonce": nonces[key.public],
                "expires_height": 1_000,
                "operations": operations,
            }
            signals.append(parse(sign(Signal(**fields), key)))
        return signals, {digest(text): text}
