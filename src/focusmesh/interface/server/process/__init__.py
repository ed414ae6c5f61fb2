"""The processes of a server: its application, workers, shutdown, logs.

May import: all protocols beside this folder; granian.
Start reading at assembly.py, then workers.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.interface.server.process.assembly import application as application
    from focusmesh.interface.server.process.openapi import openapi_document as openapi_document
    from focusmesh.interface.server.process.workers import NodeKeys as NodeKeys
    from focusmesh.interface.server.process.workers import Served as Served
    from focusmesh.interface.server.process.workers import serve as serve
    from focusmesh.interface.server.process.workers import wait_for as wait_for
else:
    __getattr__, __dir__ = lazily(__name__)
