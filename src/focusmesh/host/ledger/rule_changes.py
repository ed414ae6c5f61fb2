"""Changes of a network's rules as an operator makes them: what is proposed, voted on, and what makes a node ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import InputError, ParameterError, UpgradeRequiredError
from focusmesh.host.ledger.id_prefix import only_with_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from focusmesh.apps.changes import ChangeRecord, Rule
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.runtime import Operation
    from focusmesh.kernel.state import ChangeRules


def check_can_change(chain: Chain) -> None:
    """Raises ParameterError where votes change nothing yet."""
    if not chain.parameters.can_change:
        raise ParameterError(
            "the rules of this network cannot change yet: more than two thirds of who decides its blocks say so "
            "first, each with `focusmesh network ready`"
        )


def rules_in_force(chain: Chain) -> list[Rule]:
    """All rules that votes can change, by name. Raises ParameterError as ``check_can_change``. O(rules · log n).

    Of a list the limits are those of its first number.
    """
    from focusmesh.apps.changes import rules_at

    check_can_change(chain)
    with chain.state.at() as view:
        return rules_at(view.get, chain.parameters, chain.tip.time)


def written_changes(texts: Sequence[str]) -> bytes:
    """What ``propose_change/2`` takes of texts such as ``link_burn=2`` or ``series=1,2``; nothing for none of them.

    Raises ParameterError for what is no number, an unknown name, or one that comes twice.
    """
    from focusmesh.kernel.state import read_changes
    from focusmesh.protocol.codec import encode

    if not texts:
        return b""
    pairs: list[list[str | int | list[int]]] = []
    for text in texts:
        name, equals, value = text.partition("=")
        try:
            numbers = [int(part) for part in value.split(",")]
        except ValueError:
            numbers = []
        if not (name and equals and numbers):
            raise ParameterError(
                f"a change is NAME=NUMBER, or NAME=N,N,… for a list, such as link_burn=2: not {text!r}"
            )
        pairs.append([name, numbers if "," in value else numbers[0]])
    data = encode(pairs)
    read_changes(data)
    return data


def written_agreement(
    kind: str, bonds: Mapping[bytes, int], epoch_blocks: int, proposers: Sequence[bytes]
) -> bytes:
    """What ``propose_change/2`` takes to have others decide blocks; nothing where ``kind`` is "".

    ``bonds``: the validators of the first epoch and what each bonds, for quorum or snowman; ``proposers``: who makes
    the blocks, for solo. Raises ParameterError for what does not go together.
    """
    from focusmesh.host.storage import first_agreement
    from focusmesh.kernel.state import SoloKeys, agreement_bytes

    if kind == "solo" and not bonds:
        return agreement_bytes(SoloKeys(proposers=tuple(proposers)))
    if kind in ("quorum", "snowman") and bonds and not proposers:
        return agreement_bytes(first_agreement(kind, bonds, epoch_blocks))
    if kind or bonds or proposers:
        raise ParameterError(
            "--agreement quorum or snowman goes with --validator KEY=BOND for each validator of the first epoch, "
            "--agreement solo with --proposer KEY: who makes the blocks from then on"
        )
    return b""


def change_operation(
    chain: Chain, changes: bytes, named: tuple[bytes, str, str], from_epoch: int, agreement: bytes
) -> Operation:
    """What proposes a change, in the latest form that the network's set of operations has.

    ``named``: the digest of a set, its release and its migrations, or nothing. Raises InputError where an agreement is
    named, and the set has no form for it yet.
    """
    from focusmesh.apps.changes import ProposeAnyChange, ProposeChange

    if ProposeAnyChange.name() in chain.runtime.registry.names:
        return ProposeAnyChange(changes, *named, from_epoch, agreement)
    if agreement:
        raise InputError(
            "the operations of this network cannot name who decides its blocks: `focusmesh network propose "
            "--operations own`, and `focusmesh network ready` by who votes, first"
        )
    return ProposeChange(changes, *named, from_epoch)


def read_digest(text: str) -> bytes:
    """The digest of a set of operations, in hexadecimal; nothing for no text. Raises ParameterError."""
    from focusmesh.ids import DIGEST_BYTES

    try:
        digest = bytes.fromhex(text)
    except ValueError:
        digest = text.encode()
    if text and len(digest) != DIGEST_BYTES:
        raise ParameterError(
            f"a set of operations is named by {2 * DIGEST_BYTES} hexadecimal digits, or `own`: not {text!r}"
        )
    return digest


def open_changes(chain: Chain) -> list[ChangeRecord]:
    """All changes that are voted on, or wait for their epoch. O(changes · votes)."""
    from focusmesh.apps.changes import changes

    with chain.state.at() as view:
        return changes(view)


def open_change(chain: Chain, name: str) -> ChangeRecord:
    """The change whose id begins with ``name``, hexadecimal. Raises InputError unless there is exactly one."""
    words = "changes", "no change that is voted on", "focusmesh network changes"
    return only_with_id(open_changes(chain), name, *words)


def readiness(chain: Chain, name: str = "", rules: ChangeRules | None = None) -> Operation:
    """What says that this node has the operations that a change asks for, by whoever votes or makes the blocks.

    In a network that can change: for the change whose id begins with ``name``, or the only one that names a set. In
    one of an older version it is a property that names ``rules`` and the set of this release. Raises InputError where
    there is no such change, UpgradeRequiredError where this release lacks its set or one of its migrations, BlockError
    where migrations need the state of the last epoch's end and that is no longer kept: wait for the next epoch then.
    """
    if not chain.parameters.can_change:
        return _older_readiness(chain, rules)
    from focusmesh.apps.changes import ReadyForChange
    from focusmesh.kernel.runtime import migration_root
    from focusmesh.kernel.state import NO_MIGRATION_ROOT

    found = open_change(chain, name) if name else _only_set(chain)
    lacks = [each for each in found.migrations if each not in chain.registry.migrations]
    if not found.operations or chain.registry.of(found.operations) is None or lacks:
        if not found.operations:
            raise InputError(
                f"the change {found.id.hex()} needs no readiness: it changes parameters alone"
            )
        raise UpgradeRequiredError(
            found.release,
            f"this focusmesh does not have what the change {found.id.hex()} asks for: install {found.release} first",
        )
    if not found.migrations:
        return ReadyForChange(found.operations, NO_MIGRATION_ROOT)
    with chain.state.at(chain.epoch_start(chain.epoch) - 1) as view:
        root = migration_root(view.tree, found.migrations, chain.registry.migrations)
    return ReadyForChange(found.operations, root)


def own_release() -> str:
    """The release that is the first to have this set of operations: what a version of its development leads to."""
    from focusmesh import __version__

    return __version__.partition(".dev")[0]


def _only_set(chain: Chain) -> ChangeRecord:
    named = [each for each in open_changes(chain) if each.operations]
    if len(named) == 1:
        return named[0]
    raise InputError(
        f"{len(named) or 'no'} changes name a set of operations: say which, as `focusmesh network changes` shows them"
    )


def _older_readiness(chain: Chain, rules: ChangeRules | None) -> Operation:
    from focusmesh.kernel.runtime import SetProperty
    from focusmesh.kernel.state import (
        CHANGE_PARTICLE,
        CHANGE_PROPERTY,
        ChangeRules,
        transition_value,
    )

    rules = ChangeRules() if rules is None else rules
    agreement = chain.parameters.agreement
    if agreement is not None:
        rules.verify_within(agreement.trusting_ms)
    value = transition_value(rules, chain.registry.digest, own_release())
    return SetProperty(CHANGE_PARTICLE, CHANGE_PROPERTY, value)
