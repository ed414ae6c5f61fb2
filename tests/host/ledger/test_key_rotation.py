"""A key is rotated in several ledgers: cut off at any step and done again, it ends as if nothing had been."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

import focusmesh
from focusmesh.errors import FileError, InputError, SecretError, SignalError
from focusmesh.host.keys.keyring import Keyring
from focusmesh.host.keys.keystore import Keystore
from focusmesh.host.ledger.key_rotation import Rotation
from focusmesh.host.ledger.ledger import OpenLedger
from focusmesh.host.spool import Spool
from focusmesh.host.storage.ledger_folder import Folder, serving
from focusmesh.host.storage.open_chains import OpenedChain
from focusmesh.kernel.session import Signer, link_step, rotate_step
from focusmesh.kernel.state import key_holder, read_account
from tests.host.nodes import SECONDS, until
from tests.interface.cli.conftest import PROGRAM
from tests.ledger_fixtures import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from focusmesh.kernel.block import Chain
    from focusmesh.protocol.identity import SigningKey
    from tests.ledger_fixtures import NewLedger

pytestmark = pytest.mark.usefixtures("cheap_seals")


class CutOffError(BaseException):
    """The process was killed here."""


@pytest.fixture
def store(tmp_path: Path, alice: SigningKey) -> Keystore:
    """The keys of this machine, alice's among them."""
    assert alice.public
    return Keystore(tmp_path / "keys")


@pytest.fixture
def ledgers(new_ledger: NewLedger) -> list[Folder]:
    """Two ledgers in which alice has written."""
    folders = [Folder(new_ledger("first")), Folder(new_ledger("second", link_burn=1))]
    for folder in folders:
        with focusmesh.open(folder.path) as graph:
            graph.link("a", "b", 2)
    return folders


def phrase(_: str) -> str:
    return PASSPHRASE


def rotate(store: Keystore, ledgers: list[Folder], name: str = "alice") -> Rotation:
    """What the command does."""
    begun = Rotation(store, name, phrase, phrase)
    begun.check(ledgers)
    new = begun.seal()
    for folder in ledgers:
        begun.carry_out(folder, new)
    begun.finish()
    return begun


def asked(folder: Folder, question: Callable[[Chain], Any]) -> Any:
    """What a ledger answers now."""
    opened = OpenedChain.of(folder)
    try:
        return question(opened.reading())
    finally:
        opened.release()


def check_rotated(store: Keystore, ledgers: list[Folder], old: SigningKey, blocks: int = 2) -> None:
    """The name is the new key's, which has all that the old one had, once, and can go on."""
    new = store.unlock("alice", PASSPHRASE)
    names = [key.name for key in store.keys()]  # noqa: SIM118  (a keystore is no dictionary)
    assert names == [f"alice.before-{old.public.hex()[:8]}", "alice", "bob"]
    assert store.unlock(names[0], PASSPHRASE).seed == old.seed
    for folder in ledgers:
        assert asked(folder, lambda chain: chain.height) == blocks
        assert asked(folder, lambda chain: chain.proposers) == (new.public,)
        assert asked(folder, lambda chain: key_holder(chain.state.get, old.public)) == new.public
        account = asked(folder, lambda chain: read_account(chain.state.get, new.public))
        assert (account.origin, account.stake, account.locked) == (old.public, 10**12, 2)
        with focusmesh.open(folder.path, key="alice") as graph:
            graph.link("b", "c")
            assert graph.author == old.public.hex()


def test_the_new_key_has_everything_in_every_ledger(
    store: Keystore, ledgers: list[Folder], alice: SigningKey
) -> None:
    rotate(store, ledgers)
    check_rotated(store, ledgers, alice)


def test_it_can_be_rotated_again(store: Keystore, ledgers: list[Folder], alice: SigningKey) -> None:
    rotate(store, ledgers)
    second = store.find("alice").neuron
    rotate(store, ledgers)
    third = store.find("alice").neuron
    assert len({alice.public, second, third}) == 3
    for folder in ledgers:
        assert asked(folder, lambda chain: chain.proposers) == (third,)
    names = [key.name for key in store.keys()]  # noqa: SIM118  (a keystore is no dictionary)
    befores = [f"alice.before-{key.hex()[:8]}" for key in (alice.public, second)]
    assert names == [*sorted(befores), "alice", "bob"]


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("turn", range(5))
def test_cut_off_at_any_step_it_goes_on(
    store: Keystore,
    ledgers: list[Folder],
    alice: SigningKey,
    turn: int,
    behind: bool,
) -> None:
    """Before, or right behind: the file of the new key, each signal, the old key's name, the new one's."""
    with pytest.MonkeyPatch.context() as here:
        cut = _cut_at(turn, here, behind=behind)
        with pytest.raises(CutOffError):
            rotate(store, ledgers)
        assert cut() == turn + 1
    if behind and turn == 4:
        check_rotated(store, ledgers, alice)
        return
    assert alice.public in {key.neuron for key in store.keys()}  # noqa: SIM118
    rotate(store, ledgers)
    check_rotated(store, ledgers, alice)


def _cut_at(turn: int, monkeypatch: pytest.MonkeyPatch, *, behind: bool) -> Callable[[], int]:
    """Ends the process at one of the steps that others can see, and counts them."""
    from pathlib import Path

    done = count()
    seen: list[int] = []

    def cutting(usual: Callable[..., Any]) -> Callable[..., Any]:
        def act(*arguments: Any, **named: Any) -> Any:
            number = next(done)
            seen.append(number)
            if number == turn and not behind:
                raise CutOffError
            result = usual(*arguments, **named)
            if number == turn:
                raise CutOffError
            return result

        return act

    monkeypatch.setattr(Keystore, "create", cutting(Keystore.create))
    monkeypatch.setattr(OpenLedger, "send", cutting(OpenLedger.send))
    usual_link, usual_replace = os.link, Path.replace
    monkeypatch.setattr(os, "link", _only_keys(usual_link, cutting(usual_link), ".before-"))
    monkeypatch.setattr(
        Path, "replace", _only_keys(usual_replace, cutting(usual_replace), "alice.key.json")
    )
    return lambda: len(seen)


def _only_keys(
    usual: Callable[..., Any], cutting: Callable[..., Any], part: str
) -> Callable[..., Any]:
    def act(source: Any, target: Any, **named: Any) -> Any:
        return (cutting if part in str(target) else usual)(source, target, **named)

    return act


def test_a_signal_that_still_waits_for_the_node_is_not_sent_twice_in_vain(
    store: Keystore, ledgers: list[Folder], alice: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was killed behind leaving it finds it done by whoever made the block in between."""
    folder = ledgers[0]
    begun = Rotation(store, "alice", phrase, phrase)
    new = begun.seal()
    usual = OpenLedger.send

    def late(ledger: Any, steps: Any) -> Any:
        usual(ledger, list(steps))
        raise SignalError("rotated", "by the signal that had waited")

    monkeypatch.setattr(OpenLedger, "send", late)
    rotated = begun.carry_out(folder, new)
    assert rotated.placed is None
    assert asked(folder, lambda chain: key_holder(chain.state.get, alice.public)) == new.public


def test_nothing_is_made_where_one_of_the_ledgers_cannot_follow(
    store: Keystore, ledgers: list[Folder], new_key: Any
) -> None:
    new_key("carol")
    with pytest.raises(InputError, match="'carol' has no account there"):
        rotate(store, ledgers, "carol")
    assert not store.is_there("carol.next")
    rotate(store, ledgers[:1], "bob")
    with pytest.raises(InputError, match="no account there"):
        rotate(store, ledgers, "bob")


def test_who_was_rotated_by_somebody_else_is_told_to_whom(
    store: Keystore, ledgers: list[Folder], alice: SigningKey, new_key: Any
) -> None:
    thief = new_key("thief")
    ledger = OpenLedger(ledgers[0], Keyring(store, "alice", phrase))
    ledger.send([rotate_step(ledger.chain.network, alice.public, thief)])
    ledger.close()
    with pytest.raises(InputError, match=rf"first: .*rotated to {thief.public.hex()} there"):
        rotate(store, ledgers)
    assert not store.is_there("alice.next")


def test_a_wrong_passphrase_makes_nothing(store: Keystore, ledgers: list[Folder]) -> None:
    begun = Rotation(store, "alice", lambda _: "not the right one", phrase)
    begun.check(ledgers)
    with pytest.raises(SecretError, match=r"alice\.key\.json"):
        begun.seal()
    assert not store.is_there("alice.next")


def test_the_name_of_another_key_is_not_taken(
    store: Keystore, ledgers: list[Folder], alice: SigningKey, new_key: Any
) -> None:
    taken = f"alice.before-{alice.public.hex()[:8]}"
    other = new_key(taken)
    with pytest.raises(FileError, match="holds another key"):
        rotate(store, ledgers)
    assert store.unlock(taken, PASSPHRASE).seed == other.seed
    (store.folder / f"{taken}.key.json").unlink()
    rotate(store, ledgers)
    check_rotated(store, ledgers, alice)


def test_in_a_network_of_version_1_the_old_key_goes_on_making_blocks(
    store: Keystore, new_ledger: NewLedger, alice: SigningKey
) -> None:
    folder = Folder(new_ledger("older", version=1))
    begun = Rotation(store, "alice", phrase, phrase)
    assert begun.carry_out(folder, begun.seal()).makes_blocks
    begun.finish()
    with focusmesh.open(folder.path, key="alice") as graph:
        graph.link("a", "b")
    assert asked(folder, lambda chain: chain.tip.proposer) == alice.public


@contextmanager
def node(folder: Folder, passphrase: str) -> Iterator[subprocess.Popen[str]]:
    """A node in a process of its own, which opens keys with this passphrase."""
    process = subprocess.Popen(
        [*PROGRAM, "node", "start", str(folder.path), "--key", "alice", "--interval", "0"],
        env={**os.environ, "FOCUSMESH_PASSPHRASE": passphrase},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: serving(folder) == process.pid)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_node_that_runs_goes_on_with_the_new_key(
    ledger: Path, store: Keystore, alice: SigningKey
) -> None:
    folder = Folder(ledger)
    with node(folder, PASSPHRASE) as process, focusmesh.open(ledger) as graph:
        graph.link("a", "b", 2)
        rotate(store, [folder])
        graph.link("a", "c")
        assert graph.author == alice.public.hex()
        assert process.poll() is None
    new = store.find("alice").neuron
    assert asked(folder, lambda chain: (chain.height, chain.tip.proposer)) == (3, new)


def test_a_node_that_cannot_open_the_new_key_ends_and_the_next_one_goes_on(
    ledger: Path, store: Keystore, bob: SigningKey
) -> None:
    folder, another = Folder(ledger), "another long phrase"
    begun = Rotation(store, "alice", phrase, lambda _: another)
    with node(folder, PASSPHRASE) as process:
        begun.carry_out(folder, begun.seal())
        _, told = process.communicate(timeout=SECONDS)
        assert process.returncode == 3
        assert "blocks of this ledger are made with the key 'alice.next'" in told
    begun.finish()
    waiting = _left(folder, bob)
    with node(folder, another):
        until(lambda: not Spool(folder.spool).has(waiting))
    assert asked(folder, lambda chain: chain.height) == 2


def _left(folder: Folder, key: SigningKey) -> bytes:
    """A signal of a neuron's that waits in the spool."""
    network = asked(folder, lambda chain: chain.network)
    signer = Signer(key, network, asked(folder, lambda chain: chain.parameters))
    batches = list(signer.batches([link_step("b", "c", None, 1)], lambda _: False))
    (packet,) = signer.packets(batches, 0, 1)
    Spool(folder.spool).leave(packet)
    return packet.id
