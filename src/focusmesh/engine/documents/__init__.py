"""Documents: from texts to passages, and links from each passage to what its words name.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.engine.documents.assembly import add_items as add_items
    from focusmesh.engine.documents.assembly import finish as finish
    from focusmesh.engine.documents.draft import ALIAS as ALIAS
    from focusmesh.engine.documents.draft import MENTIONS as MENTIONS
    from focusmesh.engine.documents.draft import Draft as Draft
    from focusmesh.engine.documents.extracts import Extract as Extract
    from focusmesh.engine.documents.extracts import capital_phrases as capital_phrases
    from focusmesh.engine.documents.gazetteer import Gazetteer as Gazetteer
    from focusmesh.engine.documents.gazetteer import Mention as Mention
    from focusmesh.engine.documents.items import Item as Item
    from focusmesh.engine.documents.items import items_of as items_of
    from focusmesh.engine.documents.name_forms import variants as variants
    from focusmesh.engine.documents.params import DocumentParams as DocumentParams
    from focusmesh.engine.documents.passages import PassageSize as PassageSize
    from focusmesh.engine.documents.passages import texts_of as texts_of
    from focusmesh.engine.documents.read import document_links as document_links
else:
    __getattr__, __dir__ = lazily(__name__)
