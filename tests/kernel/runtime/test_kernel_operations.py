"""The kernel's operations, one by one: what each does and with which code it fails."""

from __future__ import annotations

import pytest

from focusmesh.ids import digest
from focusmesh.kernel.runtime import Forget, Link, PutBlob, SetProperty, Unlink
from focusmesh.kernel.state import (
    BLOB_PREFIX,
    FORGOTTEN_PREFIX,
    NO_RELATION,
    PROPERTY_PREFIX,
    Parameters,
)
from focusmesh.protocol.codec import decode
from tests.kernel.runtime.world import Ledger, particle

ANN, BOB = particle(1), particle(2)
A, B, C, KIND = particle(10), particle(11), particle(12), particle(13)
TEXT = b"what a particle stands for"
NAME = digest(TEXT)
CLAIM = PutBlob(NAME, len(TEXT))


def ledger(**parameters: int) -> Ledger:
    return Ledger([(ANN, 100, 1_000), (BOB, 100, 1_000)], Parameters(**parameters))  # type: ignore[arg-type]


def test_links_add_up_and_relations_keep_apart() -> None:
    here = ledger()
    links = [Link(A, B, b"", 5), Link(A, B, KIND, 6), Link(A, B, b"", 7)]
    assert here.codes(here.signal(ANN, *links), here.signal(BOB, links[0])) == ["ok", "ok"]
    assert here.links == {
        A + B + NO_RELATION + ANN: 12,
        A + B + KIND + ANN: 6,
        A + B + NO_RELATION + BOB: 5,
    }
    assert here.account(ANN).locked == 18


def test_a_link_burns() -> None:
    here = ledger(link_burn=3)
    assert here.codes(here.signal(ANN, Link(A, B, b"", 5), Link(A, C, b"", 5))) == ["ok"]
    assert (here.account(ANN).balance, here.account(ANN).burned) == (94, 6)
    assert here.supply == 2_200 - 6
    many = [Link(A, B, b"", 5)] * 32
    assert here.codes(here.signal(ANN, *many)) == ["balance"]


def test_unlink_gives_all_of_ones_own_back() -> None:
    here = ledger()
    link, unlink = Link(A, B, KIND, 5), Unlink(A, B, KIND)
    here.block(here.signal(ANN, link, link), here.signal(BOB, link))
    assert here.codes(here.signal(ANN, Unlink(A, B, b""))) == ["absent"]
    assert here.codes(here.signal(ANN, unlink, unlink)) == ["absent"]
    assert here.codes(here.signal(ANN, unlink)) == ["ok"]
    assert here.links == {A + B + KIND + BOB: 5}
    assert here.account(ANN).locked == 0
    assert here.codes(here.signal(ANN, unlink)) == ["absent"]


def test_link_and_unlink_in_one_signal() -> None:
    here = ledger()
    link, unlink = Link(A, B, b"", 1_000), Unlink(A, B, b"")
    assert here.codes(here.signal(ANN, link, unlink, link, unlink, link)) == ["ok"]
    assert here.links == {A + B + NO_RELATION + ANN: 1_000}


def test_content_is_kept_beside_the_claim() -> None:
    here = ledger()
    here.block(here.signal(ANN, CLAIM), contents={NAME: TEXT})
    assert decode(here.entries[BLOB_PREFIX + NAME]) == [len(TEXT), ANN, 1]
    assert here.contents == {NAME: TEXT}
    assert here.codes(here.signal(BOB, CLAIM)) == ["ok"]
    assert decode(here.entries[BLOB_PREFIX + NAME]) == [len(TEXT), ANN, 1]


def test_the_state_does_not_depend_on_content() -> None:
    with_content, without = ledger(), ledger()
    with_content.block(with_content.signal(ANN, CLAIM), contents={NAME: TEXT})
    without.block(without.signal(ANN, CLAIM))
    assert with_content.entries == without.entries
    assert without.contents == {}
    without.block(without.signal(BOB, CLAIM), contents={NAME: TEXT})
    assert without.contents == {NAME: TEXT}


def test_forgetting_takes_content_and_own_links() -> None:
    here = ledger()
    links = [Link(NAME, B, b"", 5), Link(C, NAME, KIND, 6)]
    here.block(here.signal(ANN, CLAIM, *links), here.signal(BOB, links[0]), contents={NAME: TEXT})
    listed = NAME + B + NO_RELATION + C + NAME + KIND
    assert here.codes(here.signal(ANN, Forget(NAME, listed))) == ["ok"]
    assert here.contents == {}
    assert here.links == {NAME + B + NO_RELATION + BOB: 5}
    assert here.account(ANN).locked == 0
    assert BLOB_PREFIX + NAME not in here.entries
    assert decode(here.entries[FORGOTTEN_PREFIX + NAME]) == [ANN, 2]


def test_only_the_publisher_forgets_and_only_its_own_links() -> None:
    here = ledger()
    assert here.codes(here.signal(ANN, Forget(NAME, b""))) == ["absent"]
    link = Link(NAME, B, b"", 5)
    here.block(here.signal(ANN, CLAIM), here.signal(BOB, link), contents={NAME: TEXT})
    assert here.codes(here.signal(BOB, Forget(NAME, b""))) == ["owner"]
    assert here.codes(here.signal(ANN, Forget(NAME, NAME + B + NO_RELATION))) == ["absent"]
    assert here.contents == {NAME: TEXT}


def test_what_was_forgotten_can_be_published_again() -> None:
    here = ledger()
    here.block(here.signal(ANN, CLAIM), contents={NAME: TEXT})
    here.block(here.signal(ANN, Forget(NAME, b"")))
    assert here.codes(here.signal(ANN, Forget(NAME, b""))) == ["absent"]
    here.block(here.signal(BOB, CLAIM), contents={NAME: TEXT})
    assert decode(here.entries[BLOB_PREFIX + NAME])[1] == BOB
    assert FORGOTTEN_PREFIX + NAME not in here.entries
    assert here.contents == {NAME: TEXT}


def test_published_and_forgotten_in_one_block() -> None:
    here = ledger()
    here.block(here.signal(ANN, CLAIM, Forget(NAME, b"")), contents={NAME: TEXT})
    assert here.contents == {}
    assert FORGOTTEN_PREFIX + NAME in here.entries


def test_properties_stand_under_their_author() -> None:
    here = ledger()
    here.block(
        here.signal(ANN, SetProperty(A, "näme", b"1"), SetProperty(A, "näme", b"2")),
        here.signal(BOB, SetProperty(A, "näme", b"3")),
    )
    key = "näme".encode()
    assert here.entries[PROPERTY_PREFIX + A + ANN + key] == b"2"
    assert here.entries[PROPERTY_PREFIX + A + BOB + key] == b"3"
    assert here.codes(here.signal(ANN, SetProperty(A, "näme", b""))) == ["ok"]
    assert PROPERTY_PREFIX + A + ANN + key not in here.entries
    assert here.codes(here.signal(ANN, SetProperty(A, "näme", b""))) == ["absent"]


@pytest.mark.parametrize(
    ("operation", "units"),
    [
        (Link(A, B, b"", 5), 1),
        (Unlink(A, B, b""), 0),
        (PutBlob(A, 1), 2),
        (PutBlob(A, 256), 2),
        (PutBlob(A, 257), 3),
        (Forget(A, b""), 1),
        (Forget(A, bytes(960)), 11),
        (SetProperty(A, "name", b""), 1),
        (SetProperty(A, "name", bytes(4_096)), 17),
    ],
)
def test_what_is_kept_costs_bandwidth(operation: Link, units: int) -> None:
    assert operation.bandwidth() == units
