"""Another set of operations: who is ready, what is moved before, and nodes that do not have it yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from focusmesh.apps.changes import changes
from focusmesh.errors import InputError, UpgradeRequiredError
from focusmesh.kernel.block import Chain, dry_run_block, verify_chain
from focusmesh.kernel.runtime import Migration, Operation, Registry, migration_root, migrations
from focusmesh.kernel.state import (
    MIGRATION_KEY,
    OPERATIONS_KEY,
    PROPERTY_PREFIX,
    ChangeRules,
    MemoryStore,
)
from focusmesh.kernel.state.votes import laws
from tests.kernel.block.changing import (
    OPERATIONS,
    REGISTRY,
    RELEASE,
    ChangingVoted,
    Solo,
    changing_genesis,
    copies,
    proposal,
)
from tests.kernel.block.ledger import KEYS, PROPOSER, particle
from tests.kernel.block.voted import VALIDATORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.kernel.runtime import Context


class Shout(Operation, frozen=True, tag="shout/1"):
    """A new operation: says a word."""

    word: str

    reads: ClassVar[tuple[bytes, ...]] = ()
    writes: ClassVar[tuple[bytes, ...]] = (PROPERTY_PREFIX,)

    def apply(self, context: Context) -> None:
        """One leaf."""
        context.put(PROPERTY_PREFIX + context.author + b"shout", self.word.encode())


def upper(key: bytes, value: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    """Properties in capitals; what is said twice goes."""
    yield key, None if value == b"gone" else value.upper()


UPPER = Migration("upper-properties", PROPERTY_PREFIX, upper)
NEWER = Registry((*OPERATIONS, Shout), (*REGISTRY.earlier, REGISTRY), (UPPER,))
NOTHING = bytes(32)


def ready(network: ChangingVoted | Solo, key: object, root: bytes = NOTHING) -> object:
    return network.signed(key, ["ready/1", NEWER.digest, root])  # type: ignore[arg-type]


def upgraded_solo(migrations: str = "") -> Solo:
    """A ledger made by who has the new set, one block behind the law that names it."""
    ledger = Solo(registry=NEWER, began=Solo().chain.genesis)
    ledger.results(
        *(
            ledger.signed(KEYS[1], ["set_property/1", particle(at), "name", word])
            for at, word in enumerate((b"one", b"gone", b"two"))
        )
    )
    fields = {"operations": NEWER.digest, "release": RELEASE, "migrations": migrations}
    assert ledger.change(**fields) == "ok"
    assert ledger.chain.state.get(OPERATIONS_KEY) is None, "nobody is ready yet"
    return ledger


def test_a_node_without_the_set_stops_before_its_first_block_and_goes_on_with_it() -> None:
    ledger = upgraded_solo()
    old_store = MemoryStore()
    old = Chain.create(old_store, ledger.chain.genesis, REGISTRY)
    assert ledger.results(ready(ledger, PROPOSER)) == ["ok"]
    activation = ledger.chain.height
    assert ledger.results(ledger.signed(KEYS[1], ["shout/1", "hello"])) == ["ok"]
    copies(ledger.chain, old, activation)
    block = ledger.chain.block(activation + 1)
    for act in (
        lambda: old.accept(block),
        lambda: old.propose([], old.tip.time, PROPOSER, whole=True),
        lambda: dry_run_block(old, block).__enter__(),
    ):
        with pytest.raises(UpgradeRequiredError, match=RELEASE) as stopped:
            act()
        assert stopped.value.release == RELEASE
    assert old.height == activation
    assert verify_chain(old_store, REGISTRY).height == activation, "nothing is damaged"
    newer = Chain(old_store, NEWER)
    copies(ledger.chain, newer)
    assert newer.tip == ledger.chain.tip
    assert verify_chain(old_store, NEWER).height == activation + 1


def test_the_old_set_holds_until_the_law_does() -> None:
    ledger = upgraded_solo()
    shout = ledger.signed(KEYS[1], ["shout/1", "early"])
    made = ledger.chain.propose([shout], ledger.chain.tip.time + 1, PROPOSER)
    assert made.refused[shout.id].code == "operation"


def law_of(network: ChangingVoted, migrations: str = "") -> None:
    """All four vote for the new set."""
    epoch = network.chain.epoch + 1
    given = proposal(
        from_epoch=epoch, operations=NEWER.digest, release=RELEASE, migrations=migrations
    )
    network.codes(network.signed(VALIDATORS[0], given))
    with network.chain.state.at() as view:
        change = changes(view)[-1].id
    network.codes(*(network.vote(each, change) for each in VALIDATORS[1:]))
    network.end_epoch()


def test_an_activation_waits_for_who_is_ready() -> None:
    network = ChangingVoted(registry=NEWER, began=changing_genesis())
    law_of(network)
    network.codes(*(ready(network, key) for key in VALIDATORS[:2]))
    network.end_epoch()
    assert network.chain.runtime.registry is REGISTRY, "two of four are too few"
    network.codes(ready(network, VALIDATORS[2]))
    network.end_epoch()
    assert network.chain.runtime.registry is NEWER
    assert network.codes(network.signed(KEYS[0], ["shout/1", "now"])) == ["ok"]
    with network.chain.state.at() as view:
        assert changes(view) == []


def test_without_readiness_it_would_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the one above: nodes that nobody asked whether they have the set would stop."""
    monkeypatch.setattr(laws, "is_ready", lambda *_: True)
    network = ChangingVoted(registry=REGISTRY, began=changing_genesis())
    law_of(network)
    with pytest.raises(UpgradeRequiredError):
        network.grow()


def test_a_law_that_nobody_is_ready_for_lapses() -> None:
    rules = ChangeRules(heartbeat_ms=5, epoch_ms=10_000, change_epochs=2)
    network = ChangingVoted(registry=NEWER, began=changing_genesis(rules))
    law_of(network)
    network.end_epoch()
    with network.chain.state.at() as view:
        assert len(changes(view)) == 1
    network.end_epoch()
    with network.chain.state.at() as view:
        assert changes(view) == []
    late = ready(network, VALIDATORS[0])
    assert network.codes(late) == ["ready"]
    assert network.chain.runtime.registry is REGISTRY


def test_a_migration_is_run_before_the_first_signals_and_done_again_by_who_verifies() -> None:
    ledger = upgraded_solo(UPPER.name)
    follower = Chain.create(MemoryStore(), ledger.chain.genesis, NEWER)
    last = ledger.chain.epoch_start(ledger.chain.epoch) - 1
    with ledger.chain.state.at(last) as view:
        root = migration_root(view.tree, [UPPER.name], NEWER.migrations)
    assert root != view.root
    assert ledger.results(ready(ledger, PROPOSER)) == ["ready"], "zeros are for no migration"
    assert ledger.results(ready(ledger, PROPOSER, root)) == ["ok"]
    assert ledger.chain.state.get(MIGRATION_KEY) is not None
    ledger.results(ledger.signed(KEYS[1], ["set_property/1", particle(7), "name", b"late"]))
    with ledger.chain.state.at() as view:
        values = sorted(value for _, value in view.scan(PROPERTY_PREFIX))
    assert values == [b"ONE", b"TWO", b"late"]
    assert ledger.chain.state.get(MIGRATION_KEY) is None
    copies(ledger.chain, follower)
    assert follower.tip == ledger.chain.tip
    assert verify_chain(ledger.store, NEWER).height == ledger.chain.height


def test_a_migration_is_spread_over_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "LEAVES_A_BLOCK", 1)
    ledger = upgraded_solo(UPPER.name)
    assert ledger.results(ready(ledger, PROPOSER, b"r" * 32)) == ["ok"]
    left = []
    for at in range(4):
        ledger.results(ledger.links(KEYS[2], (at, at + 1)))
        left.append(ledger.chain.state.get(MIGRATION_KEY) is not None)
    assert left == [True, True, False, False]
    with ledger.chain.state.at() as view:
        assert sorted(value for _, value in view.scan(PROPERTY_PREFIX)) == [b"ONE", b"TWO"]
    assert verify_chain(ledger.store, NEWER).height == ledger.chain.height


def test_a_node_without_the_migration_stops_too() -> None:
    ledger = upgraded_solo(UPPER.name)
    ledger.results(ready(ledger, PROPOSER, b"r" * 32))
    without = Registry((*OPERATIONS, Shout), (*REGISTRY.earlier, REGISTRY))
    other = Chain(ledger.store, without)
    with pytest.raises(UpgradeRequiredError, match=UPPER.name):
        other.check_rules()
    with ledger.chain.state.at() as view, pytest.raises(InputError, match="no migration"):
        migration_root(view.tree, [UPPER.name], without.migrations)


def test_different_roots_are_no_agreement() -> None:
    network = ChangingVoted(registry=NEWER, began=changing_genesis())
    law_of(network, UPPER.name)
    roots = [bytes([at]) * 32 for at in (1, 1, 2, 2)]
    signed = [ready(network, key, root) for key, root in zip(VALIDATORS, roots, strict=True)]
    assert network.codes(*signed) == ["ok"] * 4
    network.end_epoch()
    assert network.chain.runtime.registry is REGISTRY
    network.codes(ready(network, VALIDATORS[2], roots[0]))
    network.end_epoch()
    assert network.chain.runtime.registry is NEWER
