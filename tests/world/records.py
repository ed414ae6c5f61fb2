"""What a block left: its focus against a cold solve, its leaves, rows, contents and proofs against the books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from focusmesh.engine.focus import FocusParams
from focusmesh.kernel.state import verify_membership, verify_non_membership
from tests.engine.focus.certificate.model import ONE, Model, uniform
from tests.world.naive import digest, focus_roots

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.kernel.block import Chain, Header
    from focusmesh.kernel.state import StateView
    from tests.world.books import Books, Link


class Expect(Protocol):
    def __call__(self, name: str, found: Any, wanted: Any) -> None: ...


def check_focus(expect: Expect, books: Books, chain: Chain, header: Header) -> None:
    """The vector is as near to the fixed point as its certificate says; the books get its leaf."""
    certificate = header.focus_certificate
    due = header.height % books.parameters["focus_interval"] == 0
    if not books.particles or not due:
        kept = chain.header(header.height - 1).focus_certificate
        expect("certificate out of turn", certificate, kept)
        return
    assert certificate is not None
    expect("height of the focus", certificate.height, header.height)
    expect("graph_root", certificate.graph_root, books.root)
    digests = sorted(books.particles)
    vector = [int(value) for value in chain.vector(header.height)]
    roots = focus_roots(digests, vector)
    books.focus = certificate.as_fields() | {"focus_root": header.focus_root}
    expect("roots of the focus", {name: books.focus[name] for name in roots}, roots)
    model = operator(books, digests)
    expect("vector", model.refusal(vector), None)
    expect("rise", model.rise(vector), certificate.rise)
    limit = books.parameters["residual_limit"]
    expect("limit", (certificate.limit, certificate.rise <= limit), (limit, True))
    off = float(np.abs(np.array(vector) / ONE - cold(model)).sum())
    bound = 2 * certificate.rise / ONE / (1 - FocusParams().kappa)
    expect(f"focus {off} off its fixed point, bound {bound}", off <= bound + 1e-12, True)


def operator(books: Books, digests: list[bytes]) -> Model:
    """The executable model of R on the graph of the books."""
    place = {name: at for at, name in enumerate(digests)}
    links = [(place[s], place[t], w) for (s, t), w in books.weights().items()]
    rules = books.parameters
    coefficients = rules["alpha"], rules["diffusion"], list(rules["series"])
    return Model(len(digests), links, *coefficients, uniform(len(digests)))


def cold(model: Model) -> npt.NDArray[np.float64]:
    """The fixed point of R, by a dense matrix and nothing but its definition."""
    n, one = model.count, 2.0**32
    teleport = np.array(model.u) / ONE
    weight = np.zeros((n, n))
    for source, target, amount in model.links:
        weight[target, source] = amount
    both = weight + weight.T
    walk = (1 - model.alpha / one) * _stochastic(weight)
    walk += np.outer(teleport, 1 - walk.sum(axis=0))
    spread = _stochastic(both) + np.diag((both.sum(axis=0) == 0).astype(float))
    whole = model.diffusion / one * walk
    for k, coefficient in enumerate(model.series):
        whole += coefficient / one * np.linalg.matrix_power(spread, k)
    vector: npt.NDArray[np.float64] = teleport
    for _ in range(400):
        vector = whole @ vector
    return np.asarray(vector / vector.sum())


def check_records(expect: Expect, books: Books, chain: Chain) -> None:
    """What the store keeps: leaves as they are read and proved, and besides the tree rows of links, and contents."""
    with chain.state.at() as view:
        leaves = dict(view.scan())
        links = _links_in(view)
        names = books.blobs.keys() | books.forgotten.keys()
        contents = {name: view.content(name) for name in names}
        there = sorted(leaves)[chain.height % len(leaves)]
        verify_membership(view.root, view.tree.prove(there), there, leaves[there])
        absent = digest(there)
        verify_non_membership(view.root, view.tree.prove(absent), absent)
    wanted = books.leaves()
    for key in sorted(wanted.keys() | leaves.keys()):
        expect(f"leaf {key!r}", leaves.get(key), wanted.get(key))
    expect("links in rows", links, books.links)
    for name, content in contents.items():
        expect(f"content {name.hex()}", content, books.contents.get(name))


def _links_in(view: StateView) -> dict[Link, tuple[int, int]]:
    names, found = view.names(), view.links()
    particles, relations, neurons = ([each.tobytes() for each in kind] for kind in names)
    return {
        (
            particles[source],
            particles[link["target"]],
            relations[link["relation"]],
            neurons[link["neuron"]],
        ): (int(link["amount"]), int(link["height"]))
        for source, link in zip(found.source, found.links, strict=True)
    }


def _stochastic(weight: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    totals = weight.sum(axis=0)
    return np.asarray(weight / np.where(totals > 0, totals, 1))
