"""How far an import came is read from signals, whatever way of reading them there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.host.ledger.import_resume import furthest
from focusmesh.ids import to_cid
from focusmesh.kernel.session import Links, particle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Row = tuple[int, int, int, int]

NAMES = [particle(name) for name in ("a", "b", "c")]
SAME = particle(to_cid(NAMES[0].id))
ROWS = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(-1, 1), st.integers(1, 2))
FEW = st.sampled_from([(0, 1, -1, 1), (3, 1, -1, 1), (0, 1, 2, 1)])


def links(rows: Sequence[Row]) -> Links:
    """A file of links; place 3 is another name of the particle at 0."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return Links([*NAMES, SAME], np.zeros(4, dtype=bool), *columns.T)


def naive(file: Links, signals: Iterable[list[Any]]) -> int:
    whole = file.operations(slice(None))
    reached = {0}
    for signal in signals:
        reached |= {
            at + len(signal) for at in reached if signal and whole[at : at + len(signal)] == signal
        }
    return max(reached)


@given(st.lists(ROWS | FEW, max_size=12), st.data())
def test_it_is_what_a_set_of_places_comes_to(rows: list[Row], data: st.DataObject) -> None:
    file = links(rows)
    cuts = st.tuples(st.integers(0, len(rows)), st.integers(0, len(rows)))
    parts = data.draw(st.lists(cuts, max_size=8))
    foreign = [("link/1", bytes(32), NAMES[0].id, b"", 1)]
    signals = [file.operations(slice(*sorted(part))) for part in parts] + [foreign]
    assert furthest(file, signals) == naive(file, signals)


def test_a_file_of_one_link_again_and_again_takes_no_longer() -> None:
    """A compare for every place and signal would be 10⁹ links."""
    file = links([(0, 1, -1, 1)] * 50_000)
    signals = [file.operations(slice(0, count)) for count in [100] * 200 + [1, 7, 100]]
    assert furthest(file, signals) == 20_108


def test_nothing_and_too_much_lead_nowhere() -> None:
    file = links([(0, 1, -1, 1)])
    twice = links([(0, 1, -1, 1)] * 2).operations(slice(None))
    assert furthest(file, [[], twice]) == 0
    assert furthest(links([]), [twice]) == 0
