"""How the pages in this folder become a site; ``make docs`` builds it with warnings as errors."""

from __future__ import annotations

import focusmesh

project = "focusmesh"
author = "The focusmesh authors"
copyright = author
release = focusmesh.__version__

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"focusmesh {release}"
html_copy_source = False
html_show_sphinx = False
