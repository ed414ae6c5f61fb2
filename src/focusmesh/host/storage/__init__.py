"""The folder of a ledger: how it lies, how it is created, opened, archived, backed up and checked.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.host.storage.archives import export_archive as export_archive
    from focusmesh.host.storage.archives import import_archive as import_archive
    from focusmesh.host.storage.backups import make_backup as make_backup
    from focusmesh.host.storage.backups import restore_backup as restore_backup
    from focusmesh.host.storage.backups import verify_backup as verify_backup
    from focusmesh.host.storage.fraud_files import keep_fraud as keep_fraud
    from focusmesh.host.storage.fraud_files import kept_frauds as kept_frauds
    from focusmesh.host.storage.integrity import kind_of as kind_of
    from focusmesh.host.storage.integrity import verify_archive as verify_archive
    from focusmesh.host.storage.integrity import verify_key as verify_key
    from focusmesh.host.storage.integrity import verify_keys as verify_keys
    from focusmesh.host.storage.integrity import verify_ledger as verify_ledger
    from focusmesh.host.storage.ledger_create import making as making
    from focusmesh.host.storage.ledger_folder import SECONDS_BETWEEN_LOOKS as SECONDS_BETWEEN_LOOKS
    from focusmesh.host.storage.ledger_folder import STAKE as STAKE
    from focusmesh.host.storage.ledger_folder import Folder as Folder
    from focusmesh.host.storage.ledger_folder import absence as absence
    from focusmesh.host.storage.ledger_folder import begin_votes as begin_votes
    from focusmesh.host.storage.ledger_folder import create as create
    from focusmesh.host.storage.ledger_folder import doubt_votes as doubt_votes
    from focusmesh.host.storage.ledger_folder import make_book as make_book
    from focusmesh.host.storage.ledger_folder import marked_serving as marked_serving
    from focusmesh.host.storage.ledger_folder import milliseconds as milliseconds
    from focusmesh.host.storage.ledger_folder import operations as operations
    from focusmesh.host.storage.ledger_folder import serving as serving
    from focusmesh.host.storage.manifest import Manifest as Manifest
    from focusmesh.host.storage.network_params import agreed_fields as agreed_fields
    from focusmesh.host.storage.network_params import first_agreement as first_agreement
    from focusmesh.host.storage.open_chains import OpenedChain as OpenedChain
else:
    __getattr__, __dir__ = lazily(__name__)
