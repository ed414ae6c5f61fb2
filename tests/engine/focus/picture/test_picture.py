"""Pictures: what is drawn, where, and that no label is hidden by another."""

from __future__ import annotations

import sys
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import Graph
from focusmesh.engine.focus import plot_focus, plot_net
from focusmesh.engine.focus.picture import layout
from focusmesh.engine.focus.picture.canvas import COLOURS
from focusmesh.errors import MissingExtraError, ParameterError, UnknownParticleError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tests.conftest import Needs


@pytest.fixture
def axes(needs: Needs) -> Axes:
    """Axes of a figure without a window."""
    needs("networkx")
    needs("matplotlib")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 7), dpi=100, layout="constrained")
    return figure.subplots()


@pytest.fixture
def graph() -> Graph:
    """Three circles of names, joined at one point, with relations."""
    source, target, relation = [], [], []
    for circle in range(3):
        for i in range(20):
            source += [f"circle{circle}.member{i}", f"circle{circle}.member{i}"]
            target += [f"circle{circle}.member{(i + 1) % 20}", "the.middle"]
            relation += ["next", "points"]
    return Graph.from_edges(source, target, relation=relation)


def test_bars_show_the_first_by_name(axes: Axes, graph: Graph) -> None:
    focus = graph.focus()
    assert focus.plot(ax=axes) is axes
    assert len(axes.patches) == 20
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names[::-1][0] == "the.middle"
    widths = [patch.get_width() for patch in axes.patches]
    assert widths[::-1] == pytest.approx([item.score for item in focus.top(20)])


def test_a_curve_shows_every_score(axes: Axes, graph: Graph) -> None:
    plot_focus(graph.focus(), "curve", axes)
    line = axes.lines[0]
    assert np.size(line.get_xdata()) == graph.particle_count
    names = [text.get_text() for text in axes.texts]
    order = graph.focus().order()
    assert names == [str(graph.particles[int(order[at])]) for at in (0, 9)]


def test_another_kind_is_refused(axes: Axes, graph: Graph) -> None:
    with pytest.raises(ParameterError, match="bars, curve"):
        plot_focus(graph.focus(), "pie", axes)
    with pytest.raises(ParameterError, match="colour"):
        plot_net(graph, graph.focus(), colour="mood", ax=axes)
    with pytest.raises(UnknownParticleError):
        plot_net(graph, graph.focus(), seeds=["nobody"], ax=axes)


def test_a_net_shows_what_matters_and_no_label_hides_another(axes: Axes, graph: Graph) -> None:
    focus = graph.focus()
    plot_net(graph, focus, seeds=["circle0.member7"], count=40, title="Circles", ax=axes)
    names = [text.get_text() for text in axes.texts]
    assert len(names) == len(set(names)) == 40
    assert {"the.middle", "circle0.member7"} <= set(names)
    assert axes.get_title(loc="left") == "Circles"
    figure: Any = axes.figure
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    frame = figure.bbox
    for box in boxes:
        assert frame.x0 <= box.x0 <= box.x1 <= frame.x1
        assert frame.y0 <= box.y0 <= box.y1 <= frame.y1
    hidden = [
        (a.x0, b.x0)
        for a, b in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
    ]
    assert hidden == []


def test_relations_have_colours_and_a_legend(axes: Axes, graph: Graph) -> None:
    plot_net(graph, graph.focus(), count=30, colour="relation", ax=axes)
    legend = axes.get_legend()
    assert legend is not None
    assert {text.get_text() for text in legend.get_texts()} == {"next", "points"}


def test_unlinked_and_single_particles_are_drawn(axes: Axes) -> None:
    for graph in (
        Graph.from_edges([0], [1], particles=6),
        Graph.from_edges([], [], particles=0),
        Graph.from_edges([], [], particles=1),
        Graph.from_edges([], [], particles=3),
    ):
        axes.clear()
        plot_net(graph, graph.focus(), ax=axes)
        assert len(axes.texts) == graph.particle_count


def test_dollars_are_no_formulas(axes: Axes) -> None:
    graph = Graph.from_edges(["$x^2$", "a$"], ["a$", "$x^2$"])
    plot_net(graph, graph.focus(), ax=axes)
    plot_focus(graph.focus(), "bars", axes)
    plot_focus(graph.focus(), "curve", axes)
    figure: Any = axes.figure
    figure.canvas.draw()
    assert axes.texts[0].get_text() == r"\$x^2\$"


def test_areas_are_scores() -> None:
    radius = layout.radii(np.array([0.4, 0.1, 0.0]))
    assert radius[0] == layout.LARGEST_RADIUS
    assert (radius[0] / radius[1]) ** 2 == pytest.approx(4)
    assert radius[2] == layout.SMALLEST_RADIUS


def test_links_among_the_chosen_are_summed() -> None:
    graph = Graph.from_edges(
        ["a", "a", "b", "c", "a"], ["b", "b", "a", "a", "a"], [1.0, 2.0, 5.0, 7.0, 9.0],
        ["weak", "strong", "back", "out", "self"],
    )  # fmt: skip
    net = layout.net_of(graph, np.array([1, 0]))
    pairs = dict(
        zip(zip(net.source.tolist(), net.target.tolist(), strict=True), net.weight, strict=True)
    )
    assert pairs == {(1, 0): 3.0, (0, 1): 5.0}
    assert net.relation is not None
    assert graph.relations is not None
    assert [graph.relations[i] for i in net.relation.tolist()] == ["back", "strong"]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("json.decoder", "json.decoder"),
        ("a" * 40, "a" * 29 + "…"),
        ("package.module.ClassWithALongName.method", "…ClassWithALongName.method"),
        ("two\nlines", "two lines"),
    ],
)
def test_labels_fit_on_a_line(name: str, short: str) -> None:
    assert layout.short_label(name) == short
    assert len(short) <= layout.LONGEST_LABEL


def test_boxes_are_moved_apart_and_kept_inside() -> None:
    place = np.zeros((12, 2)) + 50.0
    boxes = np.tile([-20.0, -8.0, 20.0, 8.0], (12, 1))
    moved = layout.separate_boxes(place, boxes, 400.0, 200.0)
    across = np.abs(np.subtract.outer(moved[:, 0], moved[:, 0]))
    along = np.abs(np.subtract.outer(moved[:, 1], moved[:, 1]))
    apart = (across > 39.5) | (along > 15.5)
    np.fill_diagonal(apart, True)
    assert apart.all()
    assert np.all(moved >= [20, 8])
    assert np.all(moved <= [380, 192])


def test_without_the_extra_it_is_named(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    focus = graph.focus()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"focusmesh\[plot\]"):
        focus.plot()


def test_without_networkx_a_net_names_the_extra(
    axes: Axes, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(MissingExtraError, match=r"focusmesh\[plot\]"):
        plot_net(graph, graph.focus(), ax=axes)


def test_colours_differ() -> None:
    assert len(set(COLOURS)) == len(COLOURS)
