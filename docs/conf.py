"""How the pages in this folder become a site; ``make docs`` builds it with warnings as errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygments.lexers.special import TextLexer

import focusmesh

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "focusmesh"
author = "The focusmesh authors"
copyright = author
release = focusmesh.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc"]
# Notebooks are kept without outputs and run whenever the site is built; one that fails fails the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
autodoc_class_signature = "separated"
autodoc_typehints = "signature"
exclude_patterns = ["_build"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"focusmesh {release}"
html_copy_source = False
html_show_sphinx = False


def setup(app: Sphinx) -> None:
    """Show tables of links and queries as plain text: no reader of Pygments takes them as they are."""
    app.add_lexer("csv", TextLexer)
    app.add_lexer("cypher", TextLexer)
