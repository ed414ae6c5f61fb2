"""Which HTML and which picture shows which answer."""

from __future__ import annotations

from focusmesh.engine.focus.context.answer import Context
from focusmesh.engine.focus.context.sampling import WalkSample
from focusmesh.engine.focus.explanation.explanation import Explanation
from focusmesh.engine.focus.picture.explanation import plot_explanation
from focusmesh.engine.focus.picture.html import (
    context_html,
    explanation_html,
    focus_html,
    walk_html,
)
from focusmesh.engine.focus.picture.picture import plot_focus
from focusmesh.engine.focus.solve.result import Focus
from focusmesh.engine.support.displays import register_display


def register_displays() -> None:
    """Lets answers of focus show themselves."""
    register_display("html", Focus, focus_html)
    register_display("html", Context, context_html)
    register_display("html", Explanation, explanation_html)
    register_display("html", WalkSample, walk_html)
    register_display("plot", Focus, plot_focus)
    register_display("plot", Explanation, plot_explanation)
