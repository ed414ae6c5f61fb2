"""Keys of neurons on this machine: sealed files, keyrings, recovery shares and their paper backups.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.host.keys.keyring import Keyring as Keyring
    from focusmesh.host.keys.keystore import PASSPHRASE_VARIABLE as PASSPHRASE_VARIABLE
    from focusmesh.host.keys.keystore import SUFFIX as SUFFIX
    from focusmesh.host.keys.keystore import KeyFile as KeyFile
    from focusmesh.host.keys.keystore import Keystore as Keystore
    from focusmesh.host.keys.keystore import key_file as key_file
    from focusmesh.host.keys.keystore import key_paths as key_paths
    from focusmesh.host.keys.keystore import open_key as open_key
    from focusmesh.host.keys.keystore import read_key as read_key
    from focusmesh.host.keys.paper_backup import Sheet as Sheet
    from focusmesh.host.keys.paper_backup import read_sheets as read_sheets
    from focusmesh.host.keys.paper_backup import sheet_text as sheet_text
    from focusmesh.host.keys.paper_backup import words_of as words_of
    from focusmesh.host.keys.recovery import WORDS_COUNT as WORDS_COUNT
    from focusmesh.host.keys.recovery import Share as Share
    from focusmesh.host.keys.recovery import check_together as check_together
    from focusmesh.host.keys.recovery import recover_key as recover_key
    from focusmesh.host.keys.recovery import split as split
else:
    __getattr__, __dir__ = lazily(__name__)
