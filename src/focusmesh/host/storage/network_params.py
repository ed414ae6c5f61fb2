"""The parameters of a new network by how it agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.kernel.state import Agreement

KINDS = ("solo", "quorum", "snowman")
PLACES_MIN = 100
"""Validators that an epoch has room for, or more where more begin."""
SIGNAL_BYTES_MAX, BLOB_BYTES_MAX = 1 << 16, 1 << 17
"""Where validators agree, a signal and its contents travel in one batch."""


def agreed_fields(kind: str, validators: Mapping[bytes, int], epoch_blocks: int) -> dict[str, Any]:
    """Fields of ``Parameters`` for a kind of agreement; ``validators`` are the bonds of the first epoch.

    Raises ParameterError.
    """
    from focusmesh.kernel.state import PAYING_RULES, VERSION_PAYING, ChangeRules

    if kind not in KINDS:
        raise ParameterError(
            f"--agreement must be {', '.join(KINDS[:-1])} or {KINDS[-1]}, not {kind}"
        )
    if kind == "solo" and validators:
        raise ParameterError(
            "--validator needs --agreement quorum or snowman: else one key makes the blocks"
        )
    if kind == "solo":
        return {}
    if not validators:
        raise ParameterError(
            f"--agreement {kind}: name the validators of the first epoch, --validator KEY=BOND"
        )
    return {
        "version": VERSION_PAYING,
        "changes": ChangeRules(),
        **{name: form() for name, form in PAYING_RULES.items()},
        "signal_bytes_max": SIGNAL_BYTES_MAX,
        "blob_bytes_max": BLOB_BYTES_MAX,
        "agreement": first_agreement(kind, validators, epoch_blocks),
    }


def first_agreement(kind: str, bonds: Mapping[bytes, int], epoch_blocks: int) -> Agreement:
    """That of validators who begin with these bonds, by quorum or snowman; later epochs have room for a hundred."""
    from focusmesh.kernel.state import Agreement, Bonded

    voters = tuple(Bonded(neuron, bonds[neuron]) for neuron in sorted(bonds))
    return Agreement(
        kind=kind,
        epoch_blocks=epoch_blocks,
        voters=voters,
        voters_most=max(PLACES_MIN, len(voters)),
    )
