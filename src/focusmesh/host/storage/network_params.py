"""The parameters of a new network by how it agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ("solo", "quorum", "snowman")
SIGNAL_BYTES_MAX, BLOB_BYTES_MAX = 1 << 16, 1 << 17
"""Where validators agree, a signal and its contents travel in one batch."""


def agreed_fields(kind: str, validators: Mapping[bytes, int], epoch_blocks: int) -> dict[str, Any]:
    """Fields of ``Parameters`` for a kind of agreement; ``validators`` are the bonds of the first epoch.

    Raises ParameterError.
    """
    from focusmesh.kernel.state import (
        PAYING_RULES,
        VERSION_PAYING,
        Agreement,
        Bonded,
        ChangeRules,
    )

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
    bonded = tuple(Bonded(neuron, validators[neuron]) for neuron in sorted(validators))
    return {
        "version": VERSION_PAYING,
        "changes": ChangeRules(),
        **{name: form() for name, form in PAYING_RULES.items()},
        "signal_bytes_max": SIGNAL_BYTES_MAX,
        "blob_bytes_max": BLOB_BYTES_MAX,
        "agreement": Agreement(
            kind=kind, epoch_blocks=epoch_blocks, voters=bonded, voters_most=max(100, len(bonded))
        ),
    }
