"""Pictures that need links: the ego view, focus against degree; and explanations as bars."""

from __future__ import annotations

import sys
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import Graph, explain
from focusmesh.engine.focus.picture.degree import expected_focus, outliers, plot_degree
from focusmesh.engine.focus.picture.ego import plot_ego
from focusmesh.errors import InputError, MissingExtraError, ParameterError, UnknownParticleError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tests.conftest import Needs


@pytest.fixture
def axes(needs: Needs) -> Axes:
    """Axes of a figure without a window."""
    needs("networkx")
    needs("matplotlib")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), dpi=100, layout="constrained")
    return figure.subplots()


@pytest.fixture
def graph() -> Graph:
    """A hub that thirty particles link to, the first with most of their weight, and that links to two."""
    source = [f"leaf{i}" for i in range(30)] + ["hub", "hub", "leaf0"]
    target = ["hub"] * 30 + ["root", "leaf0", "elsewhere"]
    weight = [30.0 - i for i in range(30)] + [3.0, 1.0, 1.0]
    return Graph.from_edges(source, target, weight)


def said(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_an_ego_view_names_the_neighbours_by_flow(axes: Axes, graph: Graph) -> None:
    focus = graph.focus()
    assert graph.plot("hub", focus=focus, count=5, title="Hub", ax=axes) is axes
    texts = said(axes)
    flow = {
        name: focus.score(name) * weight / sum(w for _, w in graph.successors(name))
        for name, weight in graph.predecessors("hub")
    }
    strongest = sorted(flow, key=lambda name: -flow[name])[:5]
    assert [text for text in texts if text.startswith("leaf")] == [*strongest, "leaf0"]
    assert {"hub", "root", "5 of 30 link here", "2 linked from here"} <= set(texts)
    assert axes.get_title(loc="left") == "Hub"


def test_discs_of_an_ego_view_have_areas_by_focus(axes: Axes) -> None:
    graph = Graph.from_edges(["a", "b", "c", "c"], ["middle"] * 3 + ["a"])
    focus = graph.focus()
    plot_ego(graph, focus, "middle", ax=axes)
    inward, _, centre = axes.collections
    order = [text.get_text() for text in axes.texts if text.get_text() in "abc"]
    discs = [*inward.get_paths(), *centre.get_paths()]
    size = [np.ptp(np.asarray(path.vertices)[:, 0]) for path in discs]
    scores = [focus.score(name) for name in [*order, "middle"]]
    assert np.square(size) / size[-1] ** 2 == pytest.approx(np.array(scores) / scores[-1], rel=1e-6)


def test_labels_of_an_ego_view_are_inside_and_apart(axes: Axes, graph: Graph) -> None:
    plot_ego(graph, graph.focus(), "hub", count=20, ax=axes)
    figure: Any = axes.figure
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)
    hidden = [
        (a.x0, b.x0)
        for a, b in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
    ]
    assert hidden == []


def test_a_particle_alone_has_an_ego_view(axes: Axes) -> None:
    graph = Graph.from_edges(["$a$"], ["b"], particles=["$a$", "b", "alone"])
    plot_ego(graph, graph.focus(), "alone", ax=axes)
    assert said(axes) == ["0 link here", "0 linked from here", "alone"]
    axes.clear()
    plot_ego(graph, graph.focus(), "$a$", ax=axes)
    assert r"\$a\$" in said(axes)


def test_what_degree_alone_would_say_adds_up() -> None:
    degree = np.array([3.0, 1.0, 0.0, 4.0])
    line = expected_focus(degree, 0.075)
    assert line.sum() == pytest.approx(1)
    assert line[2] == pytest.approx(0.075 / 4)
    assert expected_focus(np.zeros(2), 0.5).tolist() == [0.25, 0.25]


def test_outliers_are_farthest_first_and_never_on_the_line() -> None:
    scores = np.array([0.1, 0.4, 0.02, 0.2, 0.01])
    line = np.array([0.1, 0.1, 0.01, 0.4, 0.02])
    above, below = outliers(scores, line, 9)
    assert above.tolist() == [1, 2]
    assert below.tolist() == [3, 4]


def test_focus_against_degree_names_what_degree_does_not_explain(axes: Axes) -> None:
    # "prized" has one link, from the hub; "spammer" has fifty, all its own.
    source = [f"fan{i}" for i in range(40)] + ["hub"] + ["spammer"] * 50
    target = ["hub"] * 40 + ["prized"] + [f"victim{i}" for i in range(50)]
    graph = Graph.from_edges(source, target)
    graph.plot(kind="degree", count=3, ax=axes)
    names = [text for text in said(axes) if text != "if degree alone decided"]
    assert names == ["prized", "hub", "spammer"] or names == ["hub", "prized", "spammer"]
    points = np.asarray(axes.collections[0].get_offsets())
    assert len(points) == graph.particle_count
    focus = graph.focus()
    at = graph.index("prized")
    assert [1.0, focus.scores[at]] in points.tolist()


def test_many_particles_are_shaded_and_few_or_none_are_drawn(axes: Axes) -> None:
    many = Graph.from_edges(np.arange(25_000), np.arange(25_000) // 3, particles=25_000)
    plot_degree(many, many.focus(), ax=axes)
    figure: Any = axes.figure
    figure.canvas.draw()
    assert len(np.asarray(axes.collections[0].get_array())) < 25_000
    for empty in (Graph.from_edges([], [], particles=0), Graph.from_edges([], [], particles=3)):
        axes.clear()
        plot_degree(empty, empty.focus(), ax=axes)
        assert said(axes) == []


def test_an_explanation_shows_every_part(axes: Axes, graph: Graph) -> None:
    explanation = explain(graph, ["leaf3"], "root", walks=2)
    assert explanation.plot(axes, title="Why root") is axes
    widths = [patch.get_width() for patch in axes.patches]
    parts = [walk.share for walk in explanation.walks]
    parts += [explanation.remainder, explanation.background]
    assert widths == pytest.approx([100 * part / explanation.score for part in parts])
    assert sum(widths) == pytest.approx(100)
    assert said(axes)[0].endswith("leaf3 → hub → root")


def test_pictures_that_do_not_fit_are_refused(axes: Axes, graph: Graph) -> None:
    with pytest.raises(ParameterError, match="ego, net, degree"):
        graph.plot(kind="pie", ax=axes)
    with pytest.raises(ParameterError, match="needs a centre"):
        graph.plot(kind="ego", ax=axes)
    with pytest.raises(ParameterError, match="has no centre"):
        graph.plot("hub", kind="net", ax=axes)
    with pytest.raises(UnknownParticleError):
        graph.plot("nobody", ax=axes)
    with pytest.raises(ParameterError, match=r"Graph\.plot"):
        graph.focus().plot("ego", ax=axes)
    other = Graph.from_edges([0], [1]).focus()
    with pytest.raises(InputError, match="rank it again"):
        graph.plot(focus=other, ax=axes)


def test_without_the_extra_it_is_named(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    explanation = explain(graph, ["leaf3"], "root")
    with pytest.raises(MissingExtraError, match=r"focusmesh\[plot\]"):
        graph.plot("hub")
    with pytest.raises(MissingExtraError, match=r"focusmesh\[plot\]"):
        graph.plot(kind="degree")
    with pytest.raises(MissingExtraError, match=r"focusmesh\[plot\]"):
        explanation.plot()
