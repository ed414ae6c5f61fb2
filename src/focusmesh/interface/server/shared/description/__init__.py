"""What routes take, as OpenAPI says it and as requests are held to it, and the page that shows it to people.

May import: litestar's handlers through framework.py, what is beside and below. Start reading at queries.py.
"""

from __future__ import annotations

from focusmesh.interface.server.shared.description.bounds import KEYWORDS as KEYWORDS
from focusmesh.interface.server.shared.description.bounds import with_bounds as with_bounds
from focusmesh.interface.server.shared.description.examples import with_examples as with_examples
from focusmesh.interface.server.shared.description.page import DOCS_POLICY as DOCS_POLICY
from focusmesh.interface.server.shared.description.page import docs_page as docs_page
from focusmesh.interface.server.shared.description.queries import field_names as field_names
from focusmesh.interface.server.shared.description.queries import public_name as public_name
from focusmesh.interface.server.shared.description.queries import verify_query as verify_query
