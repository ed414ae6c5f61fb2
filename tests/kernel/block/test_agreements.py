"""What a genesis says of who agrees how, and what it cannot say."""

from __future__ import annotations

import msgspec
import pytest

from focusmesh.errors import BlockError, ParameterError
from focusmesh.kernel.block import Genesis
from focusmesh.kernel.state import Agreement, Bonded, Parameters
from tests.kernel.block.voted import agreed


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "poll"}, "quorum or snowman"),
        ({"trusting_ms": 5, "unbonding_ms": 5}, "trusting_ms"),
        ({"voters": ()}, "voters"),
        ({"voters": (Bonded(bytes(32), 5), Bonded(bytes(32), 5))}, "sorted"),
        ({"voters": (Bonded(bytes(32), 0),)}, "bond"),
        ({"epoch_blocks": 0}, "epoch_blocks"),
    ],
)
def test_terms_that_cannot_be_are_refused(fields: dict[str, object], message: str) -> None:
    terms = {"voters": (Bonded(bytes(32), 5),)} | fields
    with pytest.raises(ParameterError, match=message):
        Agreement(**terms)  # type: ignore[arg-type]


def test_validators_own_what_they_bond() -> None:
    began = agreed()
    with pytest.raises(BlockError, match="granted less than it bonds"):
        msgspec.structs.replace(began, grants=began.grants[1:]).verify()
    assert Genesis.decode(began.encode()) == began
    with pytest.raises(ParameterError, match="agreement"):
        Parameters(version=3, agreement=began.parameters.agreement)
