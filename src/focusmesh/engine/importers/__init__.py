"""Importers: files of links, tables and source trees become link columns, with a report of what was bad.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.importers.import_run import Reading as Reading
from focusmesh.engine.importers.read import read_links as read_links
from focusmesh.engine.importers.registry import Importer as Importer
from focusmesh.engine.importers.registry import importers as importers
from focusmesh.engine.importers.seeds import read_seeds as read_seeds
from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.engine.importers.folders import files_under as files_under
    from focusmesh.engine.importers.formats.documents import document_readers as document_readers
    from focusmesh.engine.importers.source import file_errors as file_errors
    from focusmesh.engine.importers.texts.document import Document as Document
    from focusmesh.engine.importers.texts.files import DocumentReader as DocumentReader
    from focusmesh.engine.importers.texts.files import bytes_of as bytes_of
    from focusmesh.engine.importers.texts.files import exclusions as exclusions
    from focusmesh.engine.importers.texts.files import is_logseq as is_logseq
    from focusmesh.engine.importers.texts.section_links import link_documents as link_documents
else:
    __getattr__, __dir__ = lazily(__name__)
