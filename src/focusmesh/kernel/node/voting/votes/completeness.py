"""Whether the book here has all votes that its validator gave: told by what the ledger's own store says of the book.

The store of the ledger has, under "meta" and ``votes``:

    nothing         an earlier focusmesh made the ledger, or it came from elsewhere (join, import)
    ``never``       it was made here from its genesis, and no book was begun
    ``unknown``     it was restored from a backup, or its operator says that its validator may have voted. With 16
                    bytes behind: it lost votes, and promised to wait for a recovery; the book has the same bytes
    24 bytes        the name of its book: 16 bytes by chance, and how often the validator has begun with it (big-endian)

The book has its name too. It is written first, then the ledger's, and only then the validator votes. So a book that is
gone, one of another ledger, and an older copy of the right one each have another name than the ledger says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.block import read_book_name, write_book_name
from focusmesh.kernel.node.voting.vote_records import NAME_RANDOM_BYTES, BookName

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.node.voting.vote_records import VoteLog
    from focusmesh.kernel.state import Store

NEVER, UNKNOWN = b"never", b"unknown"


def mark_new(ledger: Store) -> None:
    """Says of a ledger that was just made from its genesis that no book was ever begun. Raises StoreError."""
    _mark(ledger, NEVER)


def mark_unknown(ledger: Store, token: bytes = b"") -> None:
    """Says of a ledger that nobody knows which votes its validator has given. Raises StoreError.

    ``token``: what the book has besides, whose validator has promised to wait for a recovery.
    """
    _mark(ledger, UNKNOWN + token)


def is_spared(ledger: Store, book: VoteLog, number: int) -> bool:
    """Whether a validator without all of its votes has given none of this number: it promised so before it began."""
    found = book.spared_number()
    if found is None or found[0] != number:
        return False
    with ledger.read() as reader:
        said = read_book_name(reader)
    return said == UNKNOWN + found[1] or not why_incomplete(ledger, book, is_first=False)


def begin_book(ledger: Store, book: VoteLog, chance: Callable[[int], bytes]) -> None:
    """Makes the book of a ledger whose validator never voted, before it does. Raises StoreError."""
    book.begin(0, BookName(chance(NAME_RANDOM_BYTES), 0))
    bind(ledger, book)


def bind(ledger: Store, book: VoteLog) -> None:
    """The book's name goes into the ledger: from here on the book is missed where it is gone. Raises StoreError."""
    name = book.name()
    assert name is not None, "a book that was begun has a name"
    _mark(ledger, name.encode())


def why_incomplete(ledger: Store, book: VoteLog, *, is_first: bool) -> str:
    """Why votes may have been given that the book does not have; "" where it has all of them.

    ``is_first``: the ledger has no block but its genesis. O(1).
    """
    with ledger.read() as reader:
        said = read_book_name(reader)
    name = book.name()
    if said is not None and said.startswith(UNKNOWN):
        restored = "its ledger was restored from a backup, or joined by a key that may have voted"
        return restored if said == UNKNOWN else "its votes were lost"
    if said == NEVER or (said is None and name is None and book.since() is None):
        if book.is_empty and (said == NEVER or is_first):
            return ""
        return "its ledger is older than its book of votes" if said else "it has no book of votes"
    if said is None:
        return "" if name is None else "its book of votes belongs to another ledger"
    return _difference(BookName.decode(said), name)


def _difference(said: BookName, name: BookName | None) -> str:
    if name is None:
        return "its book of votes is gone"
    if name.chance != said.chance:
        return "its book of votes belongs to another ledger"
    if name.beginnings < said.beginnings:
        return "its book of votes is an older copy"
    return ""


def _mark(ledger: Store, data: bytes) -> None:
    with ledger.write() as writer:
        write_book_name(writer, data)
