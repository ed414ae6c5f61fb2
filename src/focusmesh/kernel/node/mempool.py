"""The signals that wait for a block, of this machine's users and of everybody else's, within limits.

It is the net of a node's Producer. What came from this machine also waits in the World's own net, which outlives the
process; there it is taken away, or refused, only by what the chain says.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import ParameterError, SignalError
from focusmesh.ids import digest
from focusmesh.kernel.admission import first_with_room, order_rules
from focusmesh.kernel.node.pool_shares import PoolShares, PoolStanding, RoomOfPool, claim_of
from focusmesh.kernel.state import OrderRules

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from focusmesh.kernel.admission import RoomClaim
    from focusmesh.kernel.block import Chain
    from focusmesh.protocol.packet import Packet
    from focusmesh.protocol.signal import SignedSignal
    from focusmesh.protocol.world import Net

REFUSED_MS = 10_000
"""How long what was refused is not taken again from others."""
_REFUSED_MAX = 4_096


@dataclass(frozen=True)
class MempoolLimits:
    """0 < ``neuron_signals_max`` ≤ ``signals_max``, 0 < ``bytes_max``: what may wait of other machines' signals.

    ``early_max``: of those for which a nonce before their own is not here; every look at the pool passes over them.
    """

    signals_max: int = 20_000
    bytes_max: int = 1 << 26
    neuron_signals_max: int = 256
    early_max: int = 1_024

    def verify(self) -> None:
        """Raises ParameterError."""
        if not 0 < self.neuron_signals_max <= self.signals_max or self.bytes_max < 1:
            raise ParameterError(f"0 < neuron_signals_max <= signals_max, 0 < bytes_max: {self}")


class NoUsers:
    """The net of a machine whose users leave nothing."""

    def read(self, bytes_max: int, without: Collection[bytes] = ()) -> list[Packet]:
        """See Net."""
        return []

    def has(self, signal: bytes) -> bool:
        """See Net."""
        return False

    def fail(self, messages: Mapping[bytes, str]) -> None:
        """See Net."""

    def remove(self, signals: Iterable[bytes]) -> None:
        """See Net."""

    def refuse(self, signal: bytes, error: SignalError) -> None:
        """See Net."""

    def drop(self, contents: Collection[bytes], without: Collection[bytes] = ()) -> None:
        """See Net."""


class Entry(NamedTuple):
    """A signal that waits."""

    packet: Packet
    signed: SignedSignal
    is_local: bool
    standing: PoolStanding = PoolStanding()

    @property
    def claim(self) -> RoomClaim:
        """What it asks of a room."""
        return claim_of(self.signed, self.packet.size_bytes, self.standing)


class Mempool:
    """A Net. Its changes are single steps, so that a producer's thread may read while the loop adds."""

    def __init__(
        self,
        local: Net,
        clock: Callable[[], int],
        limits: MempoolLimits,
        rules: Callable[[], OrderRules] = OrderRules,
        seed: Callable[[], bytes] = bytes,
    ) -> None:
        """``local`` is the net of this machine's users; ``clock`` gives ms and does not go back.

        ``rules`` say how room is shared, ``seed`` (the id of the last block) decides who comes first by a draw.
        """
        limits.verify()
        self._rules, self._seed = rules, seed
        self.local = local
        self._clock = clock
        self.limits = limits
        self._waiting: dict[bytes, Entry] = {}
        self._local: dict[bytes, None] = {}
        self._refused: dict[bytes, int] = {}
        self._since: dict[bytes, int] = {}
        """Since when signals wait."""
        self._neurons: dict[bytes, dict[bytes, int]] = {}
        """Of each neuron that has signals here, their nonces by id."""
        self._early: set[bytes] = set()
        self._contents: dict[bytes, dict[bytes, None]] = {}
        """Of each content that waits, the signals that it came with."""
        self._bytes = 0
        self._shares = PoolShares(RoomOfPool(limits.signals_max, limits.bytes_max))
        self.refusals: Counter[str] = Counter()
        """How many signals of others found no room, by the code of the refusal."""
        self.additions = 0
        """How many signals came since it began."""

    @classmethod
    def of(
        cls, chain: Chain, local: Net, clock: Callable[[], int], limits: MempoolLimits
    ) -> Mempool:
        """The pool of a node: room is shared by the rules of its chain, and drawn by its last block."""
        return cls(local, clock, limits, lambda: order_rules(chain), lambda: chain.tip.id)

    def __len__(self) -> int:
        return len(self._waiting)

    def ids(self) -> list[bytes]:
        """Those that wait, oldest first."""
        return list(self._waiting)

    def entries(self) -> list[Entry]:
        """Those that wait, oldest first."""
        return list(self._waiting.values())

    def local_ids(self) -> list[bytes]:
        """Those of this machine's users."""
        return list(self._local)

    def entry(self, signal: bytes) -> Entry | None:
        """One that waits."""
        return self._waiting.get(signal)

    def waiting_seconds(self, signal: bytes) -> float | None:
        """For how many seconds a signal of this machine's users has waited; None where it is no such."""
        return self.age_ms(signal) / 1_000 if signal in self._local else None

    def age_ms(self, signal: bytes) -> int:
        """For how long a signal has waited here; 0 for one that does not."""
        now = self._clock()
        return now - self._since.get(signal, now)

    def nonces(self, neuron: bytes) -> set[int]:
        """Those of a neuron's signals that wait. O(its signals)."""
        return set(self._neurons.get(neuron, {}).values())

    def wants(self, signal: bytes) -> bool:
        """Whether a signal would be new: it does not wait, and was not refused a moment ago."""
        since = self._refused.get(signal)
        return signal not in self._waiting and (
            since is None or self._clock() - since >= REFUSED_MS
        )

    @property
    def used_share(self) -> int:
        """How much of the room for signals is used, in thousandths."""
        return self._shares.used_share

    def add(
        self,
        packet: Packet,
        signed: SignedSignal,
        *,
        is_local: bool,
        nonce: int | None = None,
        standing: PoolStanding | None = None,
    ) -> None:
        """Lets a checked signal wait. Raises SignalError ``"full"`` where too much waits, of all or of its neuron.

        ``nonce`` is that of its neuron's account, where it is known: a signal that others have to come before is early.
        Where room is short, one with a ``standing`` may be ``"outweighed"``. What this machine's users left has room
        always: their own net has limits.
        """
        try:
            self._add(packet, signed, is_local, nonce, standing)
        except SignalError as error:
            self.refusals[error.code] += 1
            raise

    def _add(
        self,
        packet: Packet,
        signed: SignedSignal,
        is_local: bool,
        nonce: int | None,
        standing: PoolStanding | None,
    ) -> None:
        if is_local:
            self._local[signed.id] = None
        known = self._waiting.get(signed.id)
        if known is not None:
            self._waiting[signed.id] = known._replace(is_local=known.is_local or is_local)
            return
        neuron, is_reserved = signed.signal.neuron, False
        if not is_local:
            self._verify_room(packet.size_bytes, neuron)
            if standing is not None:
                claim = claim_of(signed, packet.size_bytes, standing)
                is_reserved = self._shares.check(claim, self._rules())
            if nonce is not None and self._is_early(neuron, nonce, signed.signal.nonce):
                self._verify_early()
                self._early.add(signed.id)
        entry = Entry(packet, signed, is_local, standing or PoolStanding())
        self._waiting[signed.id] = entry
        self._shares.add(entry.claim, is_reserved=is_reserved)
        self._since[signed.id] = self._clock()
        self.additions += 1
        self._neurons.setdefault(neuron, {})[signed.id] = signed.signal.nonce
        self._bytes += packet.size_bytes
        for content in packet.contents:
            self._contents.setdefault(digest(content), {})[signed.id] = None

    def _verify_room(self, size: int, neuron: bytes) -> None:
        limits = self.limits
        if (
            len(self._waiting) >= limits.signals_max
            or self._bytes + size > limits.bytes_max
            or len(self._neurons.get(neuron, ())) >= limits.neuron_signals_max
        ):
            raise SignalError("full", f"{len(self._waiting):,} signals wait already: try later")

    def _is_early(self, neuron: bytes, first: int, nonce: int) -> bool:
        return nonce > first and not self.nonces(neuron).issuperset(range(first, nonce))

    def _verify_early(self) -> None:
        if len(self._early) >= self.limits.early_max:
            message = f"{len(self._early):,} signals wait for those before them already: try later"
            raise SignalError("full", message)

    def contents(self, wanted: Collection[bytes]) -> dict[bytes, bytes]:
        """Those of the ``wanted`` contents, by digest, that came with signals that wait. O(bytes of their packets)."""
        found: dict[bytes, bytes] = {}
        for name in wanted:
            signals = self._contents.get(name)
            if signals:
                packet = self._waiting[next(iter(signals))].packet
                found[name] = next(each for each in packet.contents if digest(each) == name)
        return found

    # Of Net:

    def read(self, bytes_max: int, without: Collection[bytes] = ()) -> list[Packet]:
        """See Net."""
        waiting = [entry for signal, entry in list(self._waiting.items()) if signal not in without]
        claims = [entry.claim for entry in waiting]
        chosen = first_with_room(claims, self._seed(), bytes_max, self._rules())
        return [waiting[at].packet for at in chosen]

    def has(self, signal: bytes) -> bool:
        """See Net."""
        return signal in self._waiting

    def fail(self, messages: Mapping[bytes, str]) -> None:
        """See Net: words for users of this machine alone."""
        told = {
            signal: message
            for signal, message in messages.items()
            if (entry := self._waiting.get(signal)) is not None and entry.is_local
        }
        if told:
            self.local.fail(told)

    def remove(self, signals: Iterable[bytes]) -> None:
        """See Net."""
        gone = [entry for signal in signals if (entry := self._take(signal)) is not None]
        local = [entry.signed.id for entry in gone if entry.is_local]
        if local:
            self.local.remove(local)

    def refuse(self, signal: bytes, error: SignalError) -> None:
        """See Net; one of another machine may come again later, and may then be in order."""
        entry = self._take(signal)
        self._refused.pop(signal, None)
        self._refused[signal] = self._clock()
        if len(self._refused) > _REFUSED_MAX:
            del self._refused[next(iter(self._refused))]
        if entry is not None and entry.is_local:
            self.local.refuse(signal, error)

    def drop(self, contents: Collection[bytes], without: Collection[bytes] = ()) -> None:
        """See Net."""
        for content in contents:
            for signal in list(self._contents.get(content, ())):
                if signal not in without:
                    self._take(signal)
        # What this machine's users left, it refuses itself: also what was not read yet.
        self.local.drop(contents, without)

    def _take(self, signal: bytes) -> Entry | None:
        entry = self._waiting.pop(signal, None)
        self._local.pop(signal, None)
        self._since.pop(signal, None)
        self._early.discard(signal)
        if entry is not None:
            neuron = entry.signed.signal.neuron
            del self._neurons[neuron][signal]
            if not self._neurons[neuron]:
                del self._neurons[neuron]
            self._bytes -= entry.packet.size_bytes
            self._shares.remove(entry.claim)
            for name in {digest(content) for content in entry.packet.contents}:
                self._contents[name].pop(signal, None)
                if not self._contents[name]:
                    del self._contents[name]
        return entry
