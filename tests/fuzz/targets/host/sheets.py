"""Recovery sheets as somebody typed them: the true share or an error that says what is wrong."""

from __future__ import annotations

from functools import cache

from focusmesh.errors import SecretError
from focusmesh.host.keys.paper_backup import read_sheets, sheet_text
from focusmesh.host.keys.recovery import Share, recover_key, split
from focusmesh.protocol.identity import SigningKey
from tests.fuzz.target import Target

_SEED = bytes(range(32))
_COUNT = 3


@cache
def _shares() -> list[Share]:
    return split(_SEED, 2, _COUNT)


def check(data: bytes) -> bool:
    try:
        sheets = read_sheets(data.decode(errors="replace"), "input")
    except SecretError:
        return False
    for sheet in sheets:
        assert 1 <= sheet.share.number <= 16
        try:
            key = recover_key([sheet.share, *_shares()[1:]])
        except SecretError:
            continue
        assert key.seed == _SEED
    return True


def seeds() -> list[bytes]:
    public = SigningKey(_SEED).public
    sheets = [sheet_text(share, _COUNT, "alice", public).encode() for share in _shares()]
    return [sheets[0], b"".join(sheets), " ".join(_shares()[0].words).encode()]


TARGET = Target(check, seeds)
