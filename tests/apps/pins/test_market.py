"""Any sequence of steps in the pin market ends as the model says, and no token comes into being or gets lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from focusmesh.apps.pins import ClosePin, ProvePin, TakePin
from tests.apps.pins.market import ANN, BOB, CY, Market, name_of, offer
from tests.apps.pins.model import Model, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.runtime import Operation

NEURONS = (ANN, BOB, CY)
TERMS = [
    {"interval": 1, "proofs": 3, "deposit": 0, "misses_max": 1, "until": 12},
    {"interval": 2, "proofs": 2, "deposit": 100, "misses_max": 3, "until": 40},
    {"interval": 3, "proofs": 3, "deposit": 71, "misses_max": 2, "until": 6, "price": 101},
    {"interval": 2, "proofs": 5, "deposit": 10, "misses_max": 1, "until": 60, "price": 100},
]
DEALS = [(neuron, terms) for neuron in NEURONS for terms in TERMS]

people = st.sampled_from(NEURONS)
deals = st.integers(0, len(DEALS) - 1)


class MarketMachine(RuleBasedStateMachine):
    """Every step is a signal in a block of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Market()
        self.model = Model(dict.fromkeys(NEURONS, 1_000))

    @rule(deal=deals)
    def offer(self, deal: int) -> None:
        who, terms = DEALS[deal]
        made = offer(**terms)
        numbers = {name: getattr(made, name) for name in made.__struct_fields__[3:]}
        self._step(who, made, lambda: self.model.offer(who, deal, numbers))

    @rule(who=people, deal=deals)
    def take(self, who: bytes, deal: int) -> None:
        self._step(who, TakePin(_name(deal)), lambda: self.model.take(who, deal))

    @rule(who=people, deal=deals, way=st.sampled_from(["whole", "whole", "short", "late"]))
    def prove(self, who: bytes, deal: int, way: str) -> None:
        self._prove(who, deal, way)

    @rule(number=st.integers(0, 9))
    def prove_what_is_due(self, number: int) -> None:
        kept = [deal for deal, each in self.model.deals.items() if each.keeper]
        if kept:
            deal = kept[number % len(kept)]
            self._prove(self.model.deals[deal].keeper, deal, "whole")

    @rule(who=people, deal=deals)
    def close(self, who: bytes, deal: int) -> None:
        self._step(who, ClosePin(_name(deal)), lambda: self.model.close(who, deal))

    @rule(count=st.integers(1, 3))
    def wait(self, count: int) -> None:
        for _ in range(count):
            self.ledger.block()
            self.model.next_block()

    @invariant()
    def tokens_are_where_the_model_has_them(self) -> None:
        ledger, model = self.ledger, self.model
        for neuron in NEURONS:
            account = ledger.account(neuron)
            assert account.balance == model.balances[neuron]
            assert account.burned == model.burned[neuron]
        for deal in range(len(DEALS)):
            held = model.deals[deal].held if deal in model.deals else 0
            assert ledger.account(_name(deal)).balance == held
            assert (ledger.pin(_name(deal)) is None) == (deal not in model.deals)
        assert ledger.owned() == ledger.supply == 6_000 - sum(model.burned.values())

    def _prove(self, who: bytes, deal: int, way: str) -> None:
        name = _name(deal)
        pin = self.ledger.pin(name)
        if pin is None or not pin.keeper or self.ledger.height <= pin.start:
            proof = ProvePin(name, 0, b"\x80")
        else:
            turn = pin.round_at(self.ledger.height) - (way == "late")
            proof = self.ledger.proof(name, max(turn, 0), skipped=way == "short")
            if turn < 0:
                way = "whole"
        self._step(who, proof, lambda: self.model.prove(who, deal, way))

    def _step(self, who: bytes, operation: Operation, done: Callable[[], None]) -> None:
        try:
            done()
            wanted = "ok"
        except RefusedError as error:
            wanted = str(error)
        assert self.ledger.codes(self.ledger.signal(who, operation)) == [wanted]
        self.model.next_block()


def _name(deal: int) -> bytes:
    who, terms = DEALS[deal]
    return name_of(offer(**terms), who)


TestMarket = MarketMachine.TestCase
TestMarket.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
