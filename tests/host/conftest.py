"""Ledgers in folders, for every test here."""

from __future__ import annotations

from tests.ledger_fixtures import (
    alice,
    bob,
    cheap_seals,
    ledger,
    new_key,
    new_ledger,
    pieces_of_1024,
)

__all__ = ["alice", "bob", "cheap_seals", "ledger", "new_key", "new_ledger", "pieces_of_1024"]
