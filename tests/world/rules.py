"""The rules of a ledger once more, over plain books: what may be in a block, and what it does there."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.world import grids, pins
from tests.world.books import MOST, Books, Owner
from tests.world.naive import digest
from tests.world.programs import cut
from tests.world.steps import CodeError, Operation, Step, check, links_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from focusmesh.protocol.signal import Signal, SignedSignal

_FORMS = {
    "digest": lambda v: type(v) is bytes and len(v) == 32,
    "relation": lambda v: type(v) is bytes and len(v) <= 32,
    "amount": lambda v: type(v) is int and 1 <= v <= MOST,
    "links": lambda v: type(v) is bytes and len(v) <= 960_000,
    "name": lambda v: type(v) is str and 1 <= len(v) <= 64,
    "value": lambda v: type(v) is bytes and len(v) <= 4_096,
    "text": lambda v: type(v) is str and 1 <= len(v) <= 65_536,
    "particles": lambda v: type(v) is bytes and len(v) <= 320_000,
    "count": lambda v: type(v) is int and 1 <= v <= 10_000,
    "fuel": lambda v: type(v) is int and 1 <= v <= 1 << 24,
    "commit": lambda v: type(v) is bytes and len(v) <= 4_096,
    "tiles": lambda v: type(v) is bytes and len(v) <= 400_000,
    "width": lambda v: type(v) is int and 1 <= v <= 128,
    "copy": lambda v: type(v) is int and 0 <= v < 256,
    "blocks": lambda v: type(v) is int and 1 <= v <= 1 << 32,
    "rounds": lambda v: type(v) is int and 1 <= v <= 1 << 20,
    "shares": lambda v: type(v) is int and 1 <= v <= 16,
    "deposit": lambda v: type(v) is int and 0 <= v <= MOST,
    "round": lambda v: type(v) is int and 0 <= v < 1 << 32,
    "shown": lambda v: type(v) is bytes and len(v) <= 1 << 15,
    "signature": lambda v: type(v) is bytes and len(v) == 64,
}
_FIELDS = {
    "link/1": ("digest", "digest", "relation", "amount"),
    "link_program/1": ("text", "particles", "relation", "amount", "count", "fuel"),
    "unlink/1": ("digest", "digest", "relation"),
    "put_blob/1": ("digest", "amount"),
    "forget/1": ("digest", "links"),
    "set_property/1": ("digest", "name", "value"),
    "rotate_key/1": ("digest", "signature"),
    "transfer/1": ("digest", "amount"),
    "stake/1": ("amount",),
    "unstake/1": ("amount",),
    "mint/1": ("digest", "amount"),
    "burn/1": ("amount",),
    "commit_tiles/1": ("commit", "tiles"),
    "offer_pin/1": (
        *("digest", "width", "copy", "amount", "blocks"),
        *("rounds", "shares", "deposit", "rounds", "blocks"),
    ),
    "take_pin/1": ("digest",),
    "prove_pin/1": ("digest", "round", "shown"),
    "close_pin/1": ("digest",),
}


class Verdict(NamedTuple):
    """What becomes of signals: those in the block as (signal, code), and the codes of the others by id."""

    books: Books
    included: list[tuple[SignedSignal, str]]
    refused: dict[bytes, str]


class Block:
    """One block on its way. ``contents`` came with its signals, by digest."""

    def __init__(
        self,
        books: Books,
        network: bytes,
        height: int,
        contents: Mapping[bytes, bytes],
        roots: Sequence[bytes] = (),
    ) -> None:
        self.books = books.copy()
        self.before = books
        self.roots = roots
        self.network = network
        self.height = height
        self.contents = contents
        self.rules = books.parameters
        self.tips = 0

    def propose(self, parent: bytes, proposer: bytes, offered: Sequence[SignedSignal]) -> Verdict:
        """Puts signals in their order, does those that may be in a block, pays the proposer."""
        included, refused = [], {}
        for each in sorted(
            offered, key=lambda s: (digest(parent + s.signal.neuron), s.signal.nonce)
        ):
            try:
                self.admit(each)
            except CodeError as error:
                refused[each.id] = str(error)
                continue
            included.append((each, self.execute(each.signal)))
        if self.tips:
            to = self.books.holder(proposer)
            owner = self.books.owners.get(to, Owner())
            self.books.owners[to] = owner._replace(balance=owner.balance + self.tips)
        self._date_links()
        return Verdict(self.books, included, refused)

    def admit(self, signed: SignedSignal) -> None:
        signal, rules = signed.signal, self.rules
        check(signal.network == self.network, "network")
        check(signal.expires_height >= self.height, "expired")
        check(len(signed.wire) <= rules["signal_bytes_max"], "size")
        check(len(signal.operations) <= rules["operations_max"], "size")
        owner = self.books.owners.get(signal.neuron)
        rotated = self.books.holder(signal.neuron) != signal.neuron
        check(owner is not None, "rotated" if rotated else "account")
        assert owner is not None
        check(signal.nonce == owner.nonce, "nonce")
        check(signal.tip <= owner.balance, "tip")
        wrong = [each[0] in _FIELDS for each in signal.operations if not _is_formed(each)]
        check(not wrong, "malformed" if all(wrong) else "operation")
        for each in signal.operations:
            self._validate(*each)
        check(all(each[0] != "rotate_key/1" for each in signal.operations[:-1]), "malformed")
        for name, *parts in signal.operations:
            if name == "put_blob/1":
                content = self.contents.get(parts[0], self.books.contents.get(parts[0]))
                check(content is not None and len(content) == parts[1], "content")

    def _validate(self, name: str, *parts: Any) -> None:
        if name == "link/1":
            check(parts[3] >= self.rules["weight_unit"], "amount")
            check(parts[0] != parts[1], "self-link")
        if name == "link_program/1":
            particles = cut(parts[1])
            check(len(parts[1]) % 32 == 0, "malformed")
            check(len(set(particles)) == len(particles), "malformed")
            check(parts[3] >= self.rules["weight_unit"], "amount")
        if name in ("link/1", "unlink/1", "link_program/1") and parts[2]:
            check(len(parts[2]) == 32 and any(parts[2]), "malformed")
        if name == "put_blob/1":
            check(parts[1] <= self.rules["blob_bytes_max"], "size")
        if name == "forget/1":
            check(len(parts[1]) % 96 == 0, "malformed")
            check(all(parts[0] in link[:2] for link in links_in(parts[1])), "malformed")
        if name == "commit_tiles/1":
            check(grids.is_whole(*parts), "malformed")
        if name == "offer_pin/1":
            check(not parts[1] & (parts[1] - 1), "malformed")
        if name == "prove_pin/1":
            check(parts[2] in pins.SHOWN, "malformed")
        if name == "set_property/1":
            check(len(parts[1].encode()) <= 64, "size")

    def execute(self, signal: Signal) -> str:
        """Does a signal that was admitted; where it fails nothing stays but nonce, tip and the price of work."""
        owner = self.books.owners[signal.neuron]
        paid = owner._replace(nonce=owner.nonce + 1, balance=owner.balance - signal.tip)
        self.books.owners[signal.neuron] = paid
        self.tips += signal.tip
        kept = self.books.copy()
        try:
            step = Step(self, signal.neuron)
            step.charge(signal.operations)
            if any(each[0] == "link_program/1" for each in signal.operations):
                kept = self.books.copy()
            for name, run in groupby(signal.operations, lambda each: each[0]):
                getattr(step, name.partition("/")[0])([each[1:] for each in run])
        except CodeError as error:
            self.books = kept
            return str(error)
        return "ok"

    def _date_links(self) -> None:
        """Links whose amount is another one than before the block have its height; their ends are particles."""
        before, now = self.before.links, self.books.links
        for link in {*before, *now}:
            amounts = [books.get(link, (0, 0))[0] for books in (before, now)]
            if amounts[0] == amounts[1]:
                if link in before:
                    now[link] = before[link]
                continue
            self.books.particles |= set(link[:2])
            if amounts[1]:
                now[link] = (amounts[1], self.height)


def _is_formed(operation: Operation) -> bool:
    kinds = _FIELDS.get(operation[0], ())
    parts = operation[1:]
    return len(kinds) == len(parts) > 0 and all(
        _FORMS[kind](part) for kind, part in zip(kinds, parts, strict=True)
    )
