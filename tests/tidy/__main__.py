"""``python -m tests.tidy``: makes anew the drawing of the layers and the lists of files in the packages' READMEs."""

from __future__ import annotations

from tests.tidy import drawings, readmes

drawings.write()
readmes.write()
