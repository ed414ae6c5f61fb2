"""What an operator says of rules becomes operations, or is refused with what to do."""

from __future__ import annotations

import pytest

from focusmesh.apps.changes import ReadyForChange
from focusmesh.errors import InputError, ParameterError, UpgradeRequiredError
from focusmesh.host.ledger import (
    check_can_change,
    open_change,
    open_changes,
    read_digest,
    readiness,
    rules_in_force,
    written_changes,
)
from focusmesh.kernel.state import read_changes
from tests.kernel.block.changing import REGISTRY, Solo, proposal
from tests.kernel.block.ledger import KEYS, PROPOSER, Ledger


def proposed(ledger: Solo, *changes: tuple[str, int], **fields: object) -> str:
    """The id of a change that becomes law in a later epoch, in hexadecimal."""
    given = {"from_epoch": ledger.chain.epoch + 9, **fields}
    signed = ledger.signed(PROPOSER, proposal(*changes, **given))  # type: ignore[arg-type]
    assert ledger.results(signed) == ["ok"]
    return open_changes(ledger.chain)[-1].id.hex()


def test_texts_become_changes() -> None:
    written = written_changes(["link_burn=2", "series=1,2", "changes.epoch_ms=5"])
    assert read_changes(written) == (
        ("link_burn", 2),
        ("series", (1, 2)),
        ("changes.epoch_ms", 5),
    )
    assert written_changes([]) == b""


@pytest.mark.parametrize("text", ["link_burn", "=2", "link_burn=", "link_burn=2.5", "mint=1"])
def test_what_is_no_change_is_refused(text: str) -> None:
    with pytest.raises(ParameterError):
        written_changes([text])


@pytest.mark.parametrize("text", ["zz" * 32, "00", "owner"])
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="64 hexadecimal digits"):
        read_digest(text)


def test_a_change_is_found_by_the_beginning_of_its_id() -> None:
    ledger = Solo()
    name = proposed(ledger, ("link_burn", 2))
    assert open_change(ledger.chain, name[:8]).id.hex() == name
    with pytest.raises(InputError, match="no change that is voted on begins"):
        open_change(ledger.chain, "zz")
    with pytest.raises(InputError, match="1 changes begin with ''"):
        open_change(ledger.chain, "")


def test_rules_say_how_far_they_may_go_now() -> None:
    ledger = Solo(link_burn=3)
    (before,) = (each for each in rules_in_force(ledger.chain) if each.name == "link_burn")
    assert before[1:] == (3, 1, 12)
    assert ledger.change(("link_burn", 6)) == "ok"
    (after,) = (each for each in rules_in_force(ledger.chain) if each.name == "link_burn")
    assert after[1:] == (6, 2, 12)


def test_older_networks_are_told_how_to_begin() -> None:
    with pytest.raises(ParameterError, match="focusmesh network ready"):
        check_can_change(Ledger().chain)


def test_readiness_without_migrations_needs_no_state_of_long_ago() -> None:
    """An epoch is longer than the states that a node keeps."""
    ledger = Solo(history_window=1)
    proposed(ledger, operations=REGISTRY.digest, release="9.9")
    for at in range(4):
        ledger.block(ledger.links(KEYS[1], (at, at + 1)))
    assert readiness(ledger.chain) == ReadyForChange(REGISTRY.digest, bytes(32))


def test_readiness_for_what_is_not_here_names_the_release() -> None:
    ledger = Solo()
    name = proposed(ledger, operations=b"s" * 32, release="9.9")
    with pytest.raises(UpgradeRequiredError, match=r"install 9\.9 first"):
        readiness(ledger.chain, name[:6])
    plain = Solo()
    name = proposed(plain, ("link_burn", 2))
    with pytest.raises(InputError, match="parameters alone"):
        readiness(plain.chain, name[:6])
