"""What neurons say of particles by ``set_property/1``, as properties of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.links import PropertyBuilder
from focusmesh.errors import InputError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.state import PROPERTY_PREFIX, read_account

if TYPE_CHECKING:
    from typing import Any

    from focusmesh.engine.links import Properties
    from focusmesh.engine.support.arrays import IndexArray
    from focusmesh.kernel.state import StateView


def properties_of(view: StateView, place: IndexArray) -> Properties | None:
    """The properties of the particles of a state; ``place`` says where each is, by its id.

    Of several authors the one with most stake counts, ties go to the lower key. Values that are UTF-8 are texts, others
    bytes. A particle without links is none of the graph, and neither is what is said of it. O(properties + particles),
    O(1) where there are none.
    """
    said: dict[tuple[bytes, str], tuple[int, bytes, bytes]] = {}
    stakes: dict[bytes, int] = {}
    for key, value in view.scan(PROPERTY_PREFIX):
        particle, author, name = _parts(key)
        if author not in stakes:
            account = read_account(view.get, author)
            stakes[author] = 0 if account is None else account.stake
        # Keys ascend, so that of equal stakes the lower author came first.
        before = said.get((particle, name))
        if before is None or stakes[author] > before[0]:
            said[particle, name] = stakes[author], author, value
    if not said:
        return None
    digests = view.names()[0]
    places = {row.tobytes(): int(at) for row, at in zip(digests, place, strict=True)}
    builder = PropertyBuilder()
    for (particle, name), (_, _, value) in said.items():
        if particle in places:
            # "labels" is a property like any other here: labels are what links say.
            builder.set_property(places[particle], name, _read(value))
    return builder.properties()


def value_bytes(value: Any) -> bytes:
    """A value as a ledger keeps it. Raises InputError for what is neither text nor bytes, and for nothing."""
    if isinstance(value, str) and value:
        try:
            return value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise InputError(f"a value is not Unicode text: {error.reason}") from error
    if isinstance(value, bytes) and value:
        return value
    raise InputError(
        f"a ledger keeps texts and bytes as values, not {value!r:.40}: write it as text, or unset it"
    )


def _parts(key: bytes) -> tuple[bytes, bytes, str]:
    rest = key.removeprefix(PROPERTY_PREFIX)
    name = rest[2 * DIGEST_BYTES :].decode("utf-8", "replace")
    return rest[:DIGEST_BYTES], rest[DIGEST_BYTES : 2 * DIGEST_BYTES], name


def _read(value: bytes) -> str | bytes:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value
