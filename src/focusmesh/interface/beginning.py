"""The parameters of a new network by how it agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ("solo", "quorum")
SIGNAL_BYTES_MAX, BLOB_BYTES_MAX = 1 << 16, 1 << 17
"""Where voters agree, a signal and its contents travel in one batch."""
_AGREED_VERSION = 4


def agreed_fields(kind: str, voters: Mapping[bytes, int], epoch_blocks: int) -> dict[str, Any]:
    """Fields of ``Parameters`` for a kind of agreement; ``voters`` are the bonds of the first epoch.

    Raises ParameterError.
    """
    from focusmesh.kernel.state import Agreement, Bonded

    if kind == "snowman":
        raise ParameterError(
            "--agreement snowman: nodes do not run it yet: its decisions have no certificates, which whoever joins or "
            "follows asks for; take quorum"
        )
    if kind not in KINDS:
        raise ParameterError(f"--agreement {kind}: {' or '.join(KINDS)}")
    if kind == "solo" and voters:
        raise ParameterError(
            "--voter: where one key makes the blocks nobody votes; add --agreement quorum"
        )
    if kind == "solo":
        return {}
    if not voters:
        raise ParameterError(
            "--agreement quorum: name the voters of the first epoch, --voter KEY=BOND"
        )
    bonded = tuple(Bonded(neuron, voters[neuron]) for neuron in sorted(voters))
    return {
        "version": _AGREED_VERSION,
        "signal_bytes_max": SIGNAL_BYTES_MAX,
        "blob_bytes_max": BLOB_BYTES_MAX,
        "agreement": Agreement(
            kind=kind, epoch_blocks=epoch_blocks, voters=bonded, voters_most=max(100, len(bonded))
        ),
    }
