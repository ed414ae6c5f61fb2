"""A key as words for people: SLIP-39 shares, one group, of which any ``threshold`` restore it and fewer tell nothing.

The arithmetic is that of the reference implementation, ``shamir-mnemonic``. No passphrase of SLIP-39's own is used: any
would be taken, and give another key. Source: SatoshiLabs SLIP-0039.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from focusmesh.errors import MissingExtraError, ParameterError, SecretError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.protocol.identity import SigningKey

SHARES_MAX = 16
WORDS_COUNT = 33
"""How many words a share of a key has."""
_PREFIX_LENGTH = 4
_CHECKSUM_WORDS = 3
_BITS = 10


@dataclass(frozen=True)
class Share:
    """One share: its 33 ``words``, its ``number`` from 1 on, how many of its set are needed.

    ``origin`` says where it was read, for people. ``neuron``, where it is not empty, is the public key that it says it
    is for.
    """

    words: tuple[str, ...]
    number: int
    threshold: int
    origin: str = ""
    neuron: bytes = b""

    @property
    def set_words(self) -> tuple[str, ...]:
        """What all shares of a set begin with: its identifier, and 20 bits that say how it was made."""
        return self.words[:3]


def split(seed: bytes, threshold: int, count: int) -> list[Share]:
    """``count`` shares of a seed of 32 bytes, of which any ``threshold`` restore it; raises ParameterError.

    2 ≤ threshold ≤ count ≤ 16. Every call makes another set, which does not mix with those before.
    """
    if not 2 <= threshold <= count <= SHARES_MAX:
        raise ParameterError(
            f"2 ≤ threshold ≤ shares ≤ {SHARES_MAX} must hold, not {threshold} of {count}"
        )
    (group,) = _shamir().generate_mnemonics(1, [(threshold, count)], seed)
    shares = [read_share(words.split()) for words in group]
    # Before anybody relies on them.
    if any(join_shares(part) != seed for part in (shares[:threshold], shares[-threshold:])):
        raise SecretError("the shares that were made do not restore the key; make them again")
    return shares


def read_share(words: Sequence[str], origin: str = "the share", neuron: bytes = b"") -> Share:
    """The share of 33 words, of which four letters are enough; raises SecretError, which says which word is wrong."""
    whole = _whole_words(words, origin)
    try:
        found = _shamir().Share.from_mnemonic(" ".join(whole))
    except _shamir().MnemonicError as error:
        raise SecretError(f"{origin}: {_fault(whole) or error}") from error
    if found.group_count != 1:
        raise SecretError(
            f"{origin}: a share of {found.group_count} groups; those of a key here are of one"
        )
    return Share(whole, found.index + 1, found.member_threshold, origin, neuron)


def recover_key(shares: Sequence[Share]) -> SigningKey:
    """The key that the shares are of.

    Raises SecretError, by name, for shares of different sets, one that came twice, too few, and a key that is not the
    one that a share says it is for.
    """
    from focusmesh.protocol.identity import SigningKey

    check_together(shares)
    _check_count(shares)
    threshold = shares[0].threshold
    seed = join_shares(shares[:threshold])
    for extra in shares[threshold:]:
        if join_shares([*shares[: threshold - 1], extra]) != seed:
            raise SecretError(f"{extra.origin}: does not fit the other shares")
    key = SigningKey(seed)
    for share in shares:
        if share.neuron not in {b"", key.public}:
            raise SecretError(
                f"{share.origin}: says that it is for {share.neuron.hex()}, and restores {key.public.hex()}: "
                "it was changed"
            )
    return key


def check_together(shares: Sequence[Share]) -> None:
    """That shares are of one set and none came twice, as far as fewer than enough can tell; raises SecretError."""
    _check_set(shares)
    _check_numbers(shares)


def join_shares(shares: Sequence[Share]) -> bytes:
    """The seed that exactly ``threshold`` shares lead to; raises SecretError where they lead to none."""
    try:
        seed: bytes = _shamir().combine_mnemonics([" ".join(share.words) for share in shares])
    except _shamir().MnemonicError as error:
        places = ", ".join(share.origin for share in shares)
        raise SecretError(
            f"{places}: these shares restore no key together; one of them is of another set: {error}"
        ) from error
    return seed


def _check_set(shares: Sequence[Share]) -> None:
    if not shares:
        raise SecretError("there is no share to begin with")
    first = shares[0]
    for other in shares[1:]:
        both = f"{first.origin} and {other.origin}"
        if other.set_words != first.set_words or other.threshold != first.threshold:
            begins = (" ".join(share.set_words) for share in (first, other))
            raise SecretError(
                f"{both} are shares of different sets: they begin with {' and '.join(begins)}"
            )
        if first.neuron and other.neuron and first.neuron != other.neuron:
            raise SecretError(
                f"{both} are for different keys: {first.neuron.hex()} and {other.neuron.hex()}"
            )


def _check_numbers(shares: Sequence[Share]) -> None:
    by_number: dict[int, Share] = {}
    for share in shares:
        twin = by_number.setdefault(share.number, share)
        if twin is share:
            continue
        both = f"{twin.origin} and {share.origin}"
        if twin.words == share.words:
            raise SecretError(f"{both} are the same share, number {share.number}")
        raise SecretError(
            f"{both} are both number {share.number} and differ: one is of another set"
        )


def _check_count(shares: Sequence[Share]) -> None:
    missing = shares[0].threshold - len(shares)
    if missing > 0:
        numbers = ", ".join(str(share.number) for share in shares)
        raise SecretError(
            f"it takes {shares[0].threshold} shares to restore the key, and only number {numbers} is here: "
            f"add {missing} more of the same set"
        )


def _whole_words(words: Sequence[str], origin: str) -> tuple[str, ...]:
    """The words with their ends; raises SecretError for one that no share can have."""
    if len(words) != WORDS_COUNT:
        raise SecretError(f"{origin}: {len(words)} words; a share of a key has {WORDS_COUNT}")
    return tuple(_whole_word(word, number, origin) for number, word in enumerate(words, 1))


def _whole_word(word: str, number: int, origin: str) -> str:
    known = _words()
    typed = word.lower()
    begin = [each for each in known if each.startswith(typed)]
    if typed in begin:
        return typed
    if len(begin) == 1 and len(typed) >= _PREFIX_LENGTH:
        return begin[0]
    close = ", ".join(get_close_matches(typed, known)) or "none"
    raise SecretError(
        f"{origin}: word {number}, {word!r}, is not a word of a share; similar ones: {close}"
    )


def _fault(words: Sequence[str]) -> str:
    """Which one word, or which two beside each other, make the checksum wrong; empty where it takes more."""
    known = _words()
    places = [known.index(word) for word in words]
    for number, (left, right) in enumerate(pairwise(places), 1):
        swapped = [*places[: number - 1], right, left, *places[number + 1 :]]
        if left != right and not any(_syndrome(swapped)):
            return f"the checksum does not hold: look whether words {number} and {number + 1} are swapped"
    wrong = _wrong_place(_syndrome(places))
    return "" if wrong is None else f"the checksum does not hold: look at word {wrong + 1}"


def _wrong_place(syndrome: tuple[int, ...]) -> int | None:
    """Where one word would have to be another one for the checksum to hold. The code is linear over bits."""
    still = _syndrome([0] * WORDS_COUNT)
    for place in range(WORDS_COUNT):
        reached = {(0,) * _CHECKSUM_WORDS}
        for bit in range(_BITS):
            one = _syndrome([1 << bit if each == place else 0 for each in range(WORDS_COUNT)])
            step = _difference(one, still)
            reached |= {_difference(each, step) for each in reached}
        if syndrome in reached:
            return place
    return None


def _syndrome(places: Sequence[int]) -> tuple[int, ...]:
    """What the checksum at the end would have to be changed by; zeros where it holds."""
    from shamir_mnemonic.constants import CUSTOMIZATION_STRING_EXTENDABLE
    from shamir_mnemonic.rs1024 import create_checksum

    right = create_checksum(places[:-_CHECKSUM_WORDS], CUSTOMIZATION_STRING_EXTENDABLE)
    return _difference(tuple(right), tuple(places[-_CHECKSUM_WORDS:]))


def _difference(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(left ^ right for left, right in zip(one, other, strict=True))


def _words() -> list[str]:
    _shamir()
    from shamir_mnemonic.wordlist import WORDLIST

    words: list[str] = WORDLIST
    return words


def _shamir() -> Any:
    try:
        import shamir_mnemonic
    except ModuleNotFoundError as error:
        raise MissingExtraError("ledger", "recovery shares of a key") from error
    return shamir_mnemonic
