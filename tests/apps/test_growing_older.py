"""A network of version 5 with bonds, contents, properties and links becomes one that pays: none had locked anything."""

from __future__ import annotations

from typing import Any

from focusmesh.host.storage.ledger_folder import operations
from focusmesh.ids import digest
from focusmesh.kernel.block import Genesis, verify_chain
from focusmesh.kernel.state import (
    ACCOUNT_PREFIX,
    BYTE_DEPOSIT_ACCOUNT,
    Account,
    read_account,
    read_bond,
    read_supply,
)
from focusmesh.protocol.codec import encode
from tests.apps.validators.paying import twice
from tests.kernel.block.changing import ChangingVoted, changing_genesis
from tests.kernel.block.ledger import particle
from tests.kernel.block.voted import BALANCE, BOND, VALIDATORS

REGISTRY = operations()
ANN, BOB, CEM, DAN = VALIDATORS
TEXT = b"what was published before it cost anything"
NAME = digest(TEXT)


class Older(ChangingVoted):
    """A node of such a network."""

    def __init__(self) -> None:
        super().__init__(began=_genesis(), registry=REGISTRY)

    def code(self, key: Any, *operation: Any) -> str:
        (code,) = self.codes(self.signed(key, list(operation)))
        return code

    def balance(self, key: Any) -> int:
        account = read_account(self.chain.state.get, key.public)
        return account.balance if account else 0

    @property
    def locked(self) -> int:
        """What the account of deposits by the byte holds."""
        account = read_account(self.chain.state.get, BYTE_DEPOSIT_ACCOUNT)
        return account.balance if account else 0

    def publish(self, key: Any, *others: Any) -> None:
        """Content of the neuron, and other operations of it, with the bytes beside."""
        put = self.signed(key, ["put_blob/1", NAME, len(TEXT)], *others)
        final = self.candidates.final
        maker = next(each for each in self.keys if each.public in self.chain.proposers)
        made = self.candidates.make(final.id, [put], final.time + 1, maker, {NAME: TEXT})
        assert made.block is not None
        assert made.results[put.id].code == "ok"
        self.candidates.decide(made.block.id, self.decision(made.block.header))

    def change(self, *changes: tuple[str, int], name: str = "propose_change/1") -> None:
        """All vote for it, and its epoch begins."""
        more = [b""] if name.endswith("2") else []
        listed = encode([list(each) for each in changes])
        named = [name, listed, b"", "", "", self.chain.epoch + 1, *more]
        assert self.code(ANN, *named) == "ok"
        change = next(value for _, value in self.chain.state.scan(b"/kv/change/of/"))
        assert self.codes(self.vote(BOB, change), self.vote(CEM, change)) == ["ok"] * 2
        epoch = self.chain.epoch
        while self.chain.epoch == epoch:
            self.grow()

    def check_supply(self) -> None:
        with self.chain.state.at() as view:
            accounts = [Account.decode(value) for _, value in view.scan(ACCOUNT_PREFIX)]
        said = read_supply(self.chain.state.get)
        assert said == sum(each.balance + each.stake for each in accounts)


def _genesis() -> Genesis:
    return changing_genesis(registry=REGISTRY)


def grown_older() -> Older:
    """Published at version 5 by Ann; then version 6, in which bytes cost something."""
    node = Older()
    node.publish(
        ANN,
        ["set_property/1", NAME, "note", b"old"],
        ["link/1", NAME, particle(7), b"", 5],
        ["link/1", particle(7), particle(8), b"", 5],
    )
    node.change(("version", 6), ("fees.byte_deposit", 1), name="propose_change/2")
    assert node.chain.parameters.version == 6
    assert node.chain.parameters.required_fees.byte_deposit == 1
    return node


def test_nothing_comes_back_that_was_not_locked() -> None:
    node = grown_older()
    before, locked = node.balance(ANN), node.locked
    links = b"".join((NAME, particle(7), bytes(32)))
    assert node.code(ANN, "forget/1", NAME, links) == "ok"
    assert node.code(ANN, "set_property/1", NAME, "note", b"") == "ok"
    assert node.code(ANN, "unlink/1", particle(7), particle(8), b"") == "ok"
    assert node.balance(ANN) == before
    assert node.locked == locked
    node.check_supply()
    assert verify_chain(node.store, REGISTRY).height == node.chain.height


def test_what_is_written_anew_locks_and_comes_back() -> None:
    node = grown_older()
    before = node.balance(ANN)
    assert node.code(ANN, "set_property/1", NAME, "note", b"new") == "ok"
    size = len(b"/kv/property/") + 64 + len("note") + len(b"new")
    assert node.balance(ANN) == before - size
    # Ann's content is from before; Bob publishes it too, and what he locks is his.
    bob = node.balance(BOB)
    node.publish(BOB)
    assert node.balance(BOB) == bob - len(TEXT)
    assert node.code(ANN, "forget/1", NAME, b"") == "ok"
    assert node.code(BOB, "forget/1", NAME, b"") == "ok"
    assert node.code(ANN, "set_property/1", NAME, "note", b"") == "ok"
    assert (node.balance(ANN), node.balance(BOB)) == (before, bob)
    node.check_supply()


def test_bonds_of_before_answer_for_what_was_signed_before() -> None:
    node = grown_older()
    bond = read_bond(node.chain.state.get, DAN.public)
    assert bond is not None
    assert (bond.amount, bond.since_epoch) == (BOND, 0)
    evidence = twice(DAN, node.chain.network, 1)
    assert node.code(ANN, "accuse/1", evidence) == "ok"
    bond = read_bond(node.chain.state.get, DAN.public)
    assert bond is not None
    assert (bond.amount, bond.is_jailed) == (BOND - 3 * BOND // 4, True)
    node.check_supply()


def test_a_dearer_byte_holds_for_what_comes_after() -> None:
    node = grown_older()
    before = node.balance(BOB)
    assert node.code(BOB, "set_property/1", NAME, "note", b"one") == "ok"
    locked = before - node.balance(BOB)
    node.change(("fees.byte_deposit", 3), name="propose_change/2")
    assert node.code(BOB, "set_property/1", NAME, "note", b"one") == "ok"
    assert before - node.balance(BOB) == 3 * locked
    node.change(("fees.byte_deposit", 1), name="propose_change/2")
    assert before - node.balance(BOB) == 3 * locked
    assert node.code(BOB, "set_property/1", NAME, "note", b"") == "ok"
    assert node.balance(BOB) == before
    assert before <= BALANCE
    node.check_supply()
