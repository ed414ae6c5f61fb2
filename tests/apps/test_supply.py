"""The supply of a network in which everything moves at once: what is there is what began, came and was not burned."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from focusmesh.host.storage.ledger_folder import operations
from focusmesh.ids import digest
from focusmesh.kernel.block import Genesis, Grant
from focusmesh.kernel.runtime import fees as fee_module
from focusmesh.kernel.runtime import rotation_digest
from focusmesh.kernel.runtime.keys import ROTATION_DOMAIN
from focusmesh.kernel.state import (
    ACCOUNT_PREFIX,
    BYTE_DEPOSIT_ACCOUNT,
    DEPOSIT_PREFIX,
    Account,
    Agreement,
    Bonded,
    ChangeRules,
    FeeRules,
    OrderRules,
    Parameters,
    StakingRules,
    bond_account,
    carry_delegation,
    delegators_of,
    pay_stake,
    pool_account,
    read_bond,
    read_delegation,
    read_pool,
    read_supply,
)
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.signal import Signal, SignedSignal, parse, sign
from tests.apps.validators.paying import twice
from tests.kernel.block.changing import ChangingVoted
from tests.kernel.block.ledger import particle

if TYPE_CHECKING:
    from collections.abc import Sequence

KEYS = sorted(
    (SigningKey.generate(bytes([70 + at]) * 32) for at in range(9)), key=lambda key: key.public
)
VALIDATORS, MINTER = KEYS[:5], KEYS[8]
YEAR_MS = 365 * 86_400_000
REGISTRY = operations()


class Moment(NamedTuple):
    """What a state has: the supply that it names, all accounts, and what bonds and pools hold of stake.

    ``locked`` is what all leaves of deposits by the byte say, ``proposals`` are those that are open.
    """

    supply: int
    accounts: dict[bytes, Account]
    at_risk: int
    locked: int
    proposals: tuple[bytes, ...]

    @property
    def whole(self) -> int:
        return sum(each.balance + each.stake for each in self.accounts.values())

    @property
    def burned(self) -> int:
        return sum(each.burned for each in self.accounts.values())


class Economy(ChangingVoted):
    """A network of five validators, three who delegate and one who mints, in which units are dear and stake earns."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        parameters = Parameters(
            version=6,
            link_burn=2,
            bandwidth_stake=300_000,
            minters=(MINTER.public,),
            agreement=Agreement(
                epoch_blocks=4,
                unbonding_ms=50_000,
                trusting_ms=20_000,
                voters=tuple(Bonded(key.public, 40_000) for key in VALIDATORS),
            ),
            changes=ChangeRules(heartbeat_ms=100, epoch_ms=YEAR_MS, change_deposit=10),
            fees=FeeRules(units_max=64, price_least=9, burn_share=700, byte_deposit=3),
            staking=StakingRules(inflation=800, jail_ms=5_000, absence_ms=YEAR_MS),
            order=OrderRules(),
        )
        grants = tuple(Grant(key.public, 500_000, 1_000_000) for key in KEYS)
        began = Genesis(
            name="economy",
            time=1_000,
            parameters=parameters,
            grants=grants,
            operations=REGISTRY.digest,
        )
        super().__init__(began=began, registry=REGISTRY)
        self.epoch_began = began.time
        self.keys, self.nonces = list(KEYS), {key.public: 0 for key in KEYS}
        self.signers = {key.public: key for key in KEYS}
        self.firsts = {key.public: key.public for key in KEYS}
        self.links: list[tuple[SigningKey, list[Any]]] = []

    def moment(self) -> Moment:
        with self.chain.state.at() as view:
            cut = len(ACCOUNT_PREFIX)
            accounts = {k[cut:]: Account.decode(v) for k, v in view.scan(ACCOUNT_PREFIX)}
            supply = read_supply(view.get)
            locked = sum(int(decode(value)) for _, value in view.scan(DEPOSIT_PREFIX))
            proposals = tuple(value for _, value in view.scan(b"/kv/change/of/"))
        nobodys = [account(key.public) for key in KEYS for account in (bond_account, pool_account)]
        at_risk = sum(accounts[k].stake for k in nobodys if k in accounts)
        return Moment(supply, accounts, at_risk, locked, proposals)

    def offer(self, key: SigningKey, operation: list[Any], tip: int) -> SignedSignal:
        key = self.signers[key.public]
        fields = {
            "network": self.chain.network,
            "neuron": key.public,
            "nonce": self.nonces[key.public],
            "expires_height": 10**6,
            "operations": [operation],
            "tip": tip,
        }
        self.nonces[key.public] += 1
        return parse(sign(Signal(**fields), key))

    def drawn(self, key: SigningKey) -> list[Any]:
        """Some operation of a neuron, which may well fail."""
        draw, amount = self.random, self.random.choice([1, 7, 900, 30_000])
        one, other = draw.choice(VALIDATORS).public, draw.choice(VALIDATORS).public
        content = b"content %d" % draw.randrange(40)
        link = ["link/1", particle(draw.randrange(30)), particle(draw.randrange(30)), b"", amount]
        held = [each for author, each in self.links if author == key]
        choices: list[list[Any]] = [
            link,
            link,
            ["unlink/1", *draw.choice(held)] if held else link,
            ["transfer/1", draw.choice(KEYS).public, amount],
            ["stake/1", amount],
            ["unstake/1", amount],
            ["mint/1", draw.choice(KEYS).public, amount],
            ["burn/1", amount],
            ["bond/1", amount],
            ["unbond/1", amount],
            ["withdraw/1"],
            ["unjail/1"],
            ["delegate/1", one, amount],
            ["delegate/1", one, amount],
            ["undelegate/1", one, amount],
            ["redelegate/1", one, other, amount],
            ["claim/1", one],
            ["set_commission/1", draw.randrange(30)],
            ["put_blob/1", digest(content), len(content)],
            ["forget/1", digest(content), b""],
            ["set_property/1", particle(draw.randrange(9)), "note", content[: draw.randrange(9)]],
            self._program(amount),
            self._proposal(),
        ]
        if draw.random() < 0.01:
            return self._rotation(key)
        chosen = draw.choice(choices)
        if chosen is link:
            self.links.append((key, [*link[1:4], b""]))
        return chosen

    def _program(self, amount: int) -> list[Any]:
        """Two links of particles of whom some are new."""
        first = self.random.randrange(30)
        particles = b"".join(particle(at) for at in (first, first + 1, 99))
        return [
            "link_program/1",
            "@main = &0{#Link{0,1},#Link{1,2}}",
            particles,
            b"",
            amount,
            2,
            99,
        ]

    def _proposal(self) -> list[Any]:
        """Dearer or cheaper bytes, or another inflation."""
        changes: list[Any] = self.random.choice(
            [["fees.byte_deposit", self.random.choice([0, 1, 3, 5])], ["staking.inflation", 400]]
        )
        return ["propose_change/2", encode([changes]), b"", "", "", self.chain.epoch + 1, b""]

    def _rotation(self, key: SigningKey) -> list[Any]:
        """To a key that nobody has had; it signs once that is done."""
        old, new = self.signers[key.public], SigningKey.generate(self.random.randbytes(32))
        said = rotation_digest(self.chain.network, old.public, new.public)
        self.keys.append(new)
        self.firsts[new.public] = key.public
        return ["rotate_key/1", new.public, new.sign(ROTATION_DOMAIN, said)]

    def _votes(self, proposals: tuple[bytes, ...]) -> list[SignedSignal]:
        change = self.random.choice(proposals)
        does_vote = self.random.random() < 0.8
        return [self.offer(key, ["vote_change/1", change, does_vote], 20) for key in KEYS[:8]]

    def pass_block(self) -> dict[str, int]:
        """Makes a block of a few signals, or of evidence alone, and holds what came of it against the rules.

        How often each code came of an operation.
        """
        time = self.chain.tip.time + self.random.choice([1, 400, 2_500, 30_000])
        is_evidence = self.random.random() < 0.06
        before, epoch = self.moment(), self.chain.epoch
        weights = dict(self.chain.validator_set.weights) if self.chain.validator_set else {}
        inflation = self.chain.parameters.required_staking.inflation
        if not is_evidence and before.proposals and self.random.random() < 0.3:
            signals = self._votes(before.proposals)
        else:
            signals = self._evidence(epoch) if is_evidence else self._signals()
        final = self.candidates.final
        maker = next(key for key in self.keys if key.public in self.chain.proposers)
        contents = {digest(b"content %d" % at): b"content %d" % at for at in range(40)}
        made = self.candidates.make(final.id, signals, time, maker, contents)
        assert made.block is not None
        for signed in [each for each in signals if each.id not in made.results]:
            self.nonces[signed.signal.neuron] -= 1
        self.candidates.decide(made.block.id, self.decision(made.block.header))
        codes = [made.results[each.id].code for each in signals if each.id in made.results]
        names = [each.signal.operations[0] for each in signals if each.id in made.results]
        minted = sum(
            name[2]
            for name, code in zip(names, codes, strict=True)
            if name[0] == "mint/1" and code == "ok"
        )
        self._rotate(names, codes)
        added = inflation * (time - self.epoch_began)
        if self.chain.tip.ends_epoch:
            self.epoch_began = time
        self._judge(before, minted, weights, added, is_evidence and codes == ["ok"])
        return {code: codes.count(code) for code in codes}

    def _judge(
        self, before: Moment, minted: int, weights: dict[bytes, int], added: int, is_guilty: bool
    ) -> None:
        after = self.moment()
        assert after.whole == after.supply, "the supply is what accounts have"
        burned = after.burned - before.burned
        if is_guilty:
            taken = before.at_risk - after.at_risk
            assert taken > 0
            burned += taken - taken // 20
        supply = before.supply + minted - burned
        # Deposits of proposals that lapsed with less than a third are burned: ten each.
        lapsed = len(set(before.proposals).difference(after.proposals))
        supplies = [supply - 10 * count for count in range(lapsed + 1)]
        assert after.supply in [each + self._inflation(each, weights, added) for each in supplies]
        assert after.locked == after.accounts.get(BYTE_DEPOSIT_ACCOUNT, Account()).balance
        for key in VALIDATORS:
            self._judge_pool(key.public, after.accounts.get(pool_account(key.public), Account()))

    def _judge_pool(self, validator: bytes, held: Account) -> None:
        """What delegators can claim, now and later, is there: to the unit, or a few that were floored away."""
        with self.chain.state.at() as view:
            voting = leaving = earned = 0
            for neuron in delegators_of(view.scan, validator):
                found = read_delegation(view.get, validator, neuron)
                assert found is not None
                carried, due = carry_delegation(view.get, validator, found)
                voting += carried.amount
                leaving += sum(each.amount for each in carried.leaving)
                earned += due
            assert voting <= read_pool(view.get, validator).stake
            assert voting + leaving <= held.stake <= voting + leaving + 200
            assert earned <= held.balance

    def _rotate(self, names: Sequence[Sequence[Any]], codes: list[str]) -> None:
        """Whose key was rotated signs with the new one from here on."""
        for name, code in zip(names, codes, strict=True):
            if name[0] == "rotate_key/1" and code == "ok":
                new = next(key for key in self.keys if key.public == name[1])
                self.signers[self.firsts[new.public]] = new
                self.nonces[new.public] = 0

    def _inflation(self, supply: int, weights: dict[bytes, int], scaled: int) -> int:
        """What an epoch that ended with this block adds, by growth.md's rule, of the parts that have an owner."""
        if not self.chain.tip.ends_epoch:
            return 0
        added = supply * scaled // (1_000 * YEAR_MS)
        total = sum(weights.values())
        bonds = {key: read_bond(self.chain.state.get, self.firsts[key]) for key in weights}
        return sum(
            added * weight // total
            for key, weight in weights.items()
            if (bond := bonds[key]) is not None and bond.is_electable
        )

    def _signals(self) -> list[SignedSignal]:
        keys = self.random.sample(KEYS, self.random.randint(1, 6))
        return [self.offer(key, self.drawn(key), self.random.choice([20, 200])) for key in keys]

    def _evidence(self, epoch: int) -> list[SignedSignal]:
        guilty = self.random.choice(VALIDATORS)
        at = max(1, epoch - self.random.randrange(3))
        name = self.random.choice(["accuse/1", "accuse/2"])
        guilty = self.signers[guilty.public]
        return [self.offer(MINTER, [name, twice(guilty, self.chain.network, at)], 200)]


def run(seed: int, blocks: int) -> set[str]:
    """The codes that came of a run."""
    economy, codes = Economy(seed), set[str]()
    for _ in range(blocks):
        codes |= economy.pass_block().keys()
    return codes


@pytest.mark.parametrize("seed", range(3))
def test_the_supply_is_what_began_and_came_less_what_was_burned(seed: int) -> None:
    assert {"ok", "bond", "delegation", "absent"} <= run(seed, 60)


@pytest.mark.soak
def test_it_is_so_in_many_networks() -> None:
    for seed in range(3, 203):
        run(seed, 300)


def test_tokens_that_were_burned_twice_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = fee_module.take_charge

    def burned_twice(working: Any, *given: Any) -> Any:
        working.accounts.add_supply(-given[-1].burned)
        return kept(working, *given)

    monkeypatch.setattr("focusmesh.kernel.runtime.execution.take_charge", burned_twice)
    with pytest.raises(AssertionError, match="the supply is what accounts have"):
        run(0, 60)


def test_an_inflation_that_is_paid_twice_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    from focusmesh.kernel.block.chain import block_end

    kept = pay_stake
    monkeypatch.setattr(block_end, "pay_stake", lambda *given: (kept(*given), kept(*given)))
    with pytest.raises(AssertionError):
        run(0, 60)
