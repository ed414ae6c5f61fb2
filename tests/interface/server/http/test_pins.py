"""Pins over HTTP: the same fields as the command line lists, a page at a time."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.apps.pins import APPLICATION as PINS
from focusmesh.apps.pins import OfferPin, TakePin, pin_id
from focusmesh.host.ledger.ledger import OpenLedger
from focusmesh.host.ledger.pins import open_pins
from focusmesh.host.service import Service, Verb
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.kernel.session import Step
from tests.interface.server.conftest import served

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.host.keys.keyring import Keyring
    from tests.interface.server.conftest import Client

DATA = bytes(range(32))


def listed(client: Client, **query: str | int | None) -> Any:
    answer = client.get("/v1/pins", params=query)
    assert answer.status_code == 200, answer.text
    return msgspec.convert(answer.json(), Verb(PINS, PINS.query("pins"), "/v1/pins").answers)


def test_pins_are_listed_a_page_at_a_time(ledger: Path, keyring: Keyring) -> None:
    with closing(OpenLedger(Folder.existing(ledger), keyring)) as here:
        offers = [OfferPin(DATA, 4, copy, 10, 5, 3, 2, 60, 2, 900) for copy in range(3)]
        other = OfferPin(bytes(32), 2, 0, 1, 1, 1, 1, 0, 1, 900)
        names = [pin_id(here.chain.network, each.pin(here.author)) for each in offers]
        here.send([Step(offer.as_fields()) for offer in (*offers, other)])
        here.send([Step(TakePin(names[1]).as_fields())])
        expected = [each.as_fields() for each in open_pins(here.chain)]
    with served(Service.open(ledger)) as client:
        whole = listed(client)
        assert [msgspec.to_builtins(each) for each in whole.items] == expected
        assert whole.cursor is None
        taken = {each.id for each in whole.items if each.keeper}
        assert taken == {names[1].hex()}
        assert [each.is_due for each in whole.items if each.keeper] == [True]
        first = listed(client, limit=2, data_root=DATA.hex())
        rest = listed(client, limit=2, data_root=DATA.hex(), cursor=first.cursor)
        assert rest.cursor is None
        found = [each.id for each in (*first.items, *rest.items)]
        assert sorted(name.hex() for name in names) == found
        assert listed(client, data_root="ab" * 32).items == []
        for query in ({"cursor": first.cursor}, {"data_root": "ab"}, {"limit": 0}):
            assert client.get("/v1/pins", params=query).status_code == 400


def test_a_graph_has_no_pins(client: Client) -> None:
    assert client.get("/v1/pins").status_code == 404
