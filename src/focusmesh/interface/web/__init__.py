"""The explorer: a page that asks the HTTP routes, draws the graph and verifies receipts in the browser, as built files.

May import: the leaves. Its source is ``web/`` of the project; what is built of it stands in ``page/``, so that neither
users nor a checkout need Node. Start reading at web/src/app.tsx, and at web/src/verify/receipt.ts for the verifier.
"""

from __future__ import annotations

from focusmesh.interface.web.bundle import CONTENT_SECURITY_POLICY, BundledFile, files

__all__ = ["CONTENT_SECURITY_POLICY", "BundledFile", "files"]
