"""link_program/1: what a program yields is linked as if each link had been signed, or nothing is; and it is bounded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.apps.bank import BANK_OPERATIONS
from focusmesh.errors import SignalError
from focusmesh.kernel.runtime import (
    KERNEL_OPERATIONS,
    PROGRAM_FUEL_MAX,
    PROGRAM_OPERATIONS,
    Link,
    LinkProgram,
    Registry,
    Unlink,
)
from focusmesh.kernel.state import Parameters, changed
from tests.kernel.runtime.world import Ledger, particle

ANN, BOB = particle(1), particle(2)
KIND = particle(13)
FIVE = [particle(number) for number in range(20, 25)]
FIRST = Registry((*KERNEL_OPERATIONS, *BANK_OPERATIONS))
REGISTRY = Registry((*KERNEL_OPERATIONS, *PROGRAM_OPERATIONS, *BANK_OPERATIONS), [FIRST])
RING = """
@one(n) = ~n{0: *; 1+p: !&1{p0,p1}=p; &0{p0,@one(p1)}}
@main   = !&2{a,b}=@one(5); #Link{a,(% (+ b 1) 5),3}
"""


def ledger(registry: Registry = REGISTRY, stake: int = 1_000, **parameters: int) -> Ledger:
    grants = [(ANN, 100, stake), (BOB, 100, stake)]
    return Ledger(grants, Parameters(**parameters), registry=registry)  # type: ignore[arg-type]


def program(
    text: str, amount: int = 10, links_max: int = 5, fuel: int = 1_000, relation: bytes = b""
) -> LinkProgram:
    return LinkProgram(text, b"".join(FIVE), relation, amount, links_max, fuel)


@pytest.mark.parametrize("relation", [b"", KIND])
@pytest.mark.parametrize("stake", [1_000, 149])
@pytest.mark.parametrize("link_burn", [0, 3, 40])
def test_the_state_is_that_of_signed_links(relation: bytes, stake: int, link_burn: int) -> None:
    one, other = (ledger(stake=stake, link_burn=link_burn) for _ in range(2))
    links = [Link(FIVE[at], FIVE[(at + 1) % 5], relation, 30) for at in range(5)]
    ran = one.codes(one.signal(ANN, program(RING, relation=relation)))
    assert ran == other.codes(other.signal(ANN, *links))
    assert one.links == other.links
    without = [changed(each.account(ANN), bandwidth=0, bandwidth_height=0) for each in (one, other)]
    assert without[0] == without[1]
    assert one.supply == other.supply


def test_programs_stand_among_other_operations_and_can_be_taken_back() -> None:
    here = ledger()
    link, back = Link(FIVE[0], FIVE[1], b"", 5), Unlink(FIVE[0], FIVE[1], b"")
    assert here.codes(here.signal(ANN, link, program(RING), program(RING), back)) == ["ok"]
    assert sorted(here.links.values()) == [60] * 4
    assert here.account(ANN).locked == 240


WRONG = {
    "program": "@main = (",
    "fuel": "@main = @main",
    "memory": "@f(!n) = !&0{n,m}=n; #Cons{n,@f((+ m 1))} @main = @f(0)",
    "value": "@main = &0{#Link{0,1},#Pair{0,1}}",
    "number": "@main = #Link{0,5}",
    "self-link": "@main = #Link{3,3}",
    "amount": "@main = #Link{0,1,0}",
    "links": "@main = *",
    "stake": "@main = #Link{0,1,4000000000}",
}


@pytest.mark.parametrize("code", WRONG)
def test_what_cannot_be_is_refused_whole(code: str) -> None:
    """Nothing is changed but nonce and tip, not even by the links that came before."""
    here = ledger(stake=10_000)
    fuel = PROGRAM_FUEL_MAX if code == "memory" else 1_000
    good, wrong = program(RING), program(WRONG[code], fuel=fuel)
    before = here.links.copy()
    assert here.codes(here.signal(ANN, good, wrong, tip=7)) == [code]
    assert here.links == before == {}
    account = here.account(ANN)
    assert (account.nonce, account.balance, account.locked, account.stake) == (1, 93, 0, 10_000)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("@main = #Other{0,1}", "value"),
        ("@main = #Link{0}", "value"),
        ("@main = #Link{0,1,2,3}", "value"),
        ("@main = #Link{0,λx.x}", "value"),
        ("@main = λx.#Link{x,1}", "value"),
        ("@main = #Link{&0{0,1},&1{2,&2{3,4}}}", "links"),
        ("@other = #Link{0,1}", "program"),
        ("@main(n) = #Link{0,n}", "program"),
        ("@count = 5 @count = 5 @main = #Link{0,1}", "program"),
    ],
)
def test_more_of_what_yields_no_links(text: str, code: str) -> None:
    here = ledger()
    assert here.codes(here.signal(ANN, program(text))) == [code]


def test_as_many_links_as_are_allowed_and_no_more() -> None:
    here = ledger()
    four = "@main = #Link{&0{0,1},&1{2,3}}"
    codes = here.codes(here.signal(ANN, program(four, links_max=4)))
    assert codes == ["ok"]
    assert here.codes(here.signal(ANN, program(four, links_max=3))) == ["links"]


def test_fuel_is_exact() -> None:
    here = ledger()
    took = program(RING).run().interactions
    assert here.codes(here.signal(ANN, program(RING, fuel=took))) == ["ok"]
    assert here.codes(here.signal(ANN, program(RING, fuel=took - 1))) == ["fuel"]


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (program(RING, amount=9), "amount"),
        (program(RING, relation=b"short"), "malformed"),
        (program(RING, relation=bytes(32)), "malformed"),
        (program("ü" * 40_000), "size"),
        (LinkProgram(RING, FIVE[0] * 2, b"", 10, 5, 10), "malformed"),
        (LinkProgram(RING, FIVE[0][1:], b"", 10, 5, 10), "malformed"),
        (("link_program/1", "", FIVE[0], b"", 10, 5, 10), "malformed"),
        (("link_program/1", RING, FIVE[0], b"", 10, 0, 10), "malformed"),
        (("link_program/1", RING, FIVE[0], b"", 10, 10_001, 10), "malformed"),
        (("link_program/1", RING, FIVE[0], b"", 10, 5, 0), "malformed"),
        (("link_program/1", RING, FIVE[0], b"", 10, 5, PROGRAM_FUEL_MAX + 1), "malformed"),
        (("link_program/1", RING.encode(), FIVE[0], b"", 10, 5, 10), "malformed"),
    ],
)
def test_what_may_be_in_no_block(operation: object, code: str) -> None:
    here = ledger(weight_unit=10)
    with pytest.raises(SignalError) as refused:
        here.block(here.signal(ANN, operation))  # type: ignore[arg-type]
    assert refused.value.code == code


def test_bandwidth_pays_for_links_bytes_and_fuel() -> None:
    one = program("@main = #Link{0,1}", links_max=7, fuel=4_097)
    assert one.bandwidth() == 7 + 1 + 2
    here = ledger(bandwidth_stake=100)
    assert here.codes(here.signal(ANN, one)) == ["ok"]
    assert here.codes(here.signal(ANN, program(RING, fuel=50_000))) == ["bandwidth"]


def test_a_program_that_fails_has_been_paid_for() -> None:
    """Every node ran it. Of links that fail, bandwidth comes back; of a program that cannot be run, none is taken."""
    here = ledger()
    full = here.account(ANN).bandwidth
    failing = program("@main = #Link{0,9}")
    assert here.codes(here.signal(ANN, failing)) == ["number"]
    parts = failing.bandwidth() * here.parameters.bandwidth_blocks
    assert full - here.account(ANN).bandwidth == parts > 0
    assert here.codes(here.signal(ANN, Link(FIVE[0], FIVE[1], b"", 2_000))) == ["stake"]
    poor = ledger(bandwidth_stake=500)
    assert poor.codes(poor.signal(ANN, failing)) == ["bandwidth"]


def test_a_block_has_room_for_so_much() -> None:
    """What goes beyond waits for the next block; whoever makes one with it is refused."""
    here = ledger(stake=10**6)
    costly = program("@main = #Link{0,1}", fuel=PROGRAM_FUEL_MAX)
    signals = [here.signal(who, costly, costly) for who in (ANN, BOB)]
    made = here.propose(*signals)
    assert [signed.id for signed in made.signals] == [signals[0].id]
    ((late, error),) = made.refused
    assert (late.id, error.code) == (signals[1].id, "crowded")
    with pytest.raises(SignalError, match="can be in the next one") as refused:
        here.block(*signals)
    assert refused.value.code == "crowded"
    assert here.codes(signals[0]) == ["ok"]
    assert here.codes(signals[1]) == ["ok"]


def test_what_no_block_has_room_for_is_refused_for_good() -> None:
    here = ledger()
    costly = program("@main = #Link{0,1}", fuel=PROGRAM_FUEL_MAX)
    ((_, error),) = here.propose(here.signal(ANN, *[costly] * 4)).refused
    assert error.code == "size"


def test_a_network_keeps_the_operations_of_its_genesis() -> None:
    assert REGISTRY.of(REGISTRY.digest) is REGISTRY
    assert REGISTRY.of(FIRST.digest) is FIRST
    assert REGISTRY.of(bytes(32)) is None
    here = ledger(registry=FIRST)
    ((_, error),) = here.propose(here.signal(ANN, program(RING))).refused
    assert error.code == "operation"


LINKS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 9)).filter(
        lambda link: link[0] != link[1]
    ),
    min_size=1,
    max_size=8,
)


def superposed(rows: list[tuple[int, int, int]], label: int = 0) -> str:
    if len(rows) == 1:
        return f"#Link{{{','.join(map(str, rows[0]))}}}"
    half = len(rows) // 2
    left, right = superposed(rows[:half], 2 * label + 1), superposed(rows[half:], 2 * label + 2)
    return f"&{label}{{{left},{right}}}"


@settings(max_examples=40, deadline=None)
@given(LINKS)
def test_any_links_can_be_written_as_a_program(rows: list[tuple[int, int, int]]) -> None:
    one, other = ledger(), ledger()
    text = superposed(rows)
    ran = one.codes(one.signal(ANN, program(text, amount=1, links_max=8)))
    links = [Link(FIVE[a], FIVE[b], b"", weight) for a, b, weight in rows]
    assert ran == other.codes(other.signal(ANN, *links)) == ["ok"]
    assert one.links == other.links


LIST = (
    "@b(!n acc) = ~n !acc {0: acc; 1+p: !&9{p0,p1}=p; @b(p0 #Cons{p1,acc})} @main = @b(NUMBER #Nil)"
)
TREE = "@t(n) = ~n{0: #Z; 1+p: !&0{a,b}=p; #T{@t(a),@t(b)}} @main = @t(NUMBER)"
LONG = (
    f"@long = [{','.join('1' * 3_000)}] "
    "@f(n) = ~n{0: #Link{0,1}; 1+p: ~@long{#Cons{h,t}: @f(p)}} @main = @f(2000)"
)


@pytest.mark.parametrize(
    ("text", "fuel", "outcome"),
    [
        (RING, 1_000, "5 links after 89"),
        (LIST.replace("NUMBER", "884747"), PROGRAM_FUEL_MAX, "value"),
        (LIST.replace("NUMBER", "884748"), PROGRAM_FUEL_MAX, "memory"),
        (TREE.replace("NUMBER", "19"), PROGRAM_FUEL_MAX, "value"),
        (TREE.replace("NUMBER", "20"), PROGRAM_FUEL_MAX, "memory"),
        (LONG, 682_208, "memory"),
        (LONG, 682_209, "1 links after 14002"),
    ],
    ids=["ring", "list", "longer list", "tree", "higher tree", "less fuel", "fuel"],
)
def test_what_came_of_it_once_comes_of_it_for_ever(text: str, fuel: int, outcome: str) -> None:
    """Blocks are checked by running their programs again: whoever changes one of these makes ``link_program/2``."""
    assert came_of(program(text, fuel=fuel)) == outcome


def test_what_a_program_comes_to_does_not_depend_on_who_calls() -> None:
    """Terms that stand 148 deep in each other are read, however deep the calls are that ask for it."""
    text = f"@main = #Link{{0,{'~1 {0: 1; 1+p: ' * 140}2{'}' * 140}}}"

    def asked(depth: int) -> str:
        return asked(depth - 1) if depth else came_of(program(text))

    assert asked(0) == asked(700) == "1 links after 280"


def came_of(operation: LinkProgram) -> str:
    try:
        found = operation.run()
    except SignalError as error:
        return error.code
    return f"{len(found.links)} links after {found.interactions}"
