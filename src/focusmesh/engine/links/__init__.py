"""Links: named particles, weighted links, the structure that solvers sweep over, tables and the graph file.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.engine.links.builder import checked_edge as checked_edge
    from focusmesh.engine.links.builder import names_as_known as names_as_known
    from focusmesh.engine.links.builder import snapshot_from_columns as snapshot_from_columns
    from focusmesh.engine.links.builder import snapshot_from_edges as snapshot_from_edges
    from focusmesh.engine.links.builder import texts_by_name as texts_by_name
    from focusmesh.engine.links.builder import with_properties as with_properties
    from focusmesh.engine.links.columns import LinkColumns as LinkColumns
    from focusmesh.engine.links.edge_rows import edges_from_table as edges_from_table
    from focusmesh.engine.links.edits import NO_NAME as NO_NAME
    from focusmesh.engine.links.edits import NO_TIME as NO_TIME
    from focusmesh.engine.links.edits import EditMark as EditMark
    from focusmesh.engine.links.edits import Edits as Edits
    from focusmesh.engine.links.edits import LaterEdits as LaterEdits
    from focusmesh.engine.links.edits import Link as Link
    from focusmesh.engine.links.file.checks import InconsistentError as InconsistentError
    from focusmesh.engine.links.file.container import SUFFIX as SUFFIX
    from focusmesh.engine.links.file.container import Section as Section
    from focusmesh.engine.links.file.container import list_sections as list_sections
    from focusmesh.engine.links.file.container import open_snapshot as open_snapshot
    from focusmesh.engine.links.file.container import save_snapshot as save_snapshot
    from focusmesh.engine.links.file.name_sections import names_from_arrays as names_from_arrays
    from focusmesh.engine.links.file.name_sections import names_to_arrays as names_to_arrays
    from focusmesh.engine.links.file.section_file import SectionKind as SectionKind
    from focusmesh.engine.links.file.section_file import SectionStream as SectionStream
    from focusmesh.engine.links.file.section_file import open_sections as open_sections
    from focusmesh.engine.links.file.section_file import write_sections as write_sections
    from focusmesh.engine.links.filters import Filters as Filters
    from focusmesh.engine.links.journal import EditedPairs as EditedPairs
    from focusmesh.engine.links.journal import JournaledLinks as JournaledLinks
    from focusmesh.engine.links.journal import PlainEdits as PlainEdits
    from focusmesh.engine.links.karma_weights import weigh_by_karma as weigh_by_karma
    from focusmesh.engine.links.memory import OBSERVATION as OBSERVATION
    from focusmesh.engine.links.memory import TYPE as TYPE
    from focusmesh.engine.links.memory import MemoryLink as MemoryLink
    from focusmesh.engine.links.memory import entity_link as entity_link
    from focusmesh.engine.links.memory import memory_name as memory_name
    from focusmesh.engine.links.memory import memory_text as memory_text
    from focusmesh.engine.links.memory import observation_link as observation_link
    from focusmesh.engine.links.memory import relation_link as relation_link
    from focusmesh.engine.links.names.interning import DictInterner as DictInterner
    from focusmesh.engine.links.names.interning import Interner as Interner
    from focusmesh.engine.links.names.interning import Tokens as Tokens
    from focusmesh.engine.links.names.interning import integer_of as integer_of
    from focusmesh.engine.links.names.interning import verify_count as verify_count
    from focusmesh.engine.links.names.interning_compiled import integers_of as integers_of
    from focusmesh.engine.links.names.interning_compiled import read_integers as read_integers
    from focusmesh.engine.links.names.interning_large import TableInterner as TableInterner
    from focusmesh.engine.links.names.names import IntegerNames as IntegerNames
    from focusmesh.engine.links.names.names import Names as Names
    from focusmesh.engine.links.names.names import label as label
    from focusmesh.engine.links.particle_labels import call_by_labels as call_by_labels
    from focusmesh.engine.links.properties.link_properties import LinkKey as LinkKey
    from focusmesh.engine.links.properties.link_properties import LinkProperties as LinkProperties
    from focusmesh.engine.links.properties.properties import LABELS as LABELS
    from focusmesh.engine.links.properties.properties import Properties as Properties
    from focusmesh.engine.links.properties.properties import PropertyBuilder as PropertyBuilder
    from focusmesh.engine.links.properties.values import PREFIX as PREFIX
    from focusmesh.engine.links.properties.values import PropertyValue as PropertyValue
    from focusmesh.engine.links.properties.values import attribute_name as attribute_name
    from focusmesh.engine.links.properties.values import is_equal as is_equal
    from focusmesh.engine.links.properties.values import kind_of as kind_of
    from focusmesh.engine.links.properties.values import value_text as value_text
    from focusmesh.engine.links.properties.written_values import typed_texts as typed_texts
    from focusmesh.engine.links.selection import NORMAL_FORMS as NORMAL_FORMS
    from focusmesh.engine.links.selection import link_keys as link_keys
    from focusmesh.engine.links.selection import normalise_names as normalise_names
    from focusmesh.engine.links.selection import select_links as select_links
    from focusmesh.engine.links.snapshot import Snapshot as Snapshot
    from focusmesh.engine.links.snapshot import columns_of as columns_of
    from focusmesh.engine.links.store import LinkStore as LinkStore
    from focusmesh.engine.links.structure.builder import PARTICLES_MAX as PARTICLES_MAX
    from focusmesh.engine.links.structure.builder import axon_totals as axon_totals
    from focusmesh.engine.links.structure.builder import falling_order as falling_order
    from focusmesh.engine.links.structure.builder_checks import verify_totals as verify_totals
    from focusmesh.engine.links.structure.rows import LANES as LANES
    from focusmesh.engine.links.structure.rows import SHORT as SHORT
    from focusmesh.engine.links.structure.rows import Rows as Rows
    from focusmesh.engine.links.structure.structure import EditedStructure as EditedStructure
    from focusmesh.engine.links.structure.structure import Structure as Structure
    from focusmesh.engine.links.tables.arrow import ArrowLinks as ArrowLinks
    from focusmesh.engine.links.tables.arrow import columns_from_arrow as columns_from_arrow
    from focusmesh.engine.links.tables.arrow_output import arrow_table as arrow_table
    from focusmesh.engine.links.tables.arrow_output import links_to_arrow as links_to_arrow
    from focusmesh.engine.links.tables.assembly import DIRECTIONS as DIRECTIONS
    from focusmesh.engine.links.tables.assembly import Assembly as Assembly
    from focusmesh.engine.links.tables.assembly import join_arrays as join_arrays
    from focusmesh.engine.links.tables.assembly import joined_weights as joined_weights
    from focusmesh.engine.links.tables.instants import Instant as Instant
    from focusmesh.engine.links.tables.instants import TimeLike as TimeLike
    from focusmesh.engine.links.tables.instants import last_at as last_at
    from focusmesh.engine.links.tables.instants import read_time as read_time
    from focusmesh.engine.links.tables.instants import ticks_of as ticks_of
    from focusmesh.engine.links.tables.link_keys import keys_of as keys_of
    from focusmesh.engine.links.tables.objects import ObjectAssembly as ObjectAssembly
    from focusmesh.engine.links.tables.property_rows import MORE_COLUMNS_MAX as MORE_COLUMNS_MAX
    from focusmesh.engine.links.tables.report import BAD_LINES_KEPT as BAD_LINES_KEPT
    from focusmesh.engine.links.tables.report import BadLine as BadLine
    from focusmesh.engine.links.tables.report import ImportReport as ImportReport
    from focusmesh.engine.links.tables.roles import ALIASES as ALIASES
    from focusmesh.engine.links.tables.roles import describing_roles as describing_roles
    from focusmesh.engine.links.tables.roles import plain_name as plain_name
    from focusmesh.engine.links.tables.roles import required_roles as required_roles
    from focusmesh.engine.links.tables.roles import roles_of as roles_of
    from focusmesh.engine.links.tables.text_rows import RowLayout as RowLayout
    from focusmesh.engine.links.tables.text_rows import TextRows as TextRows
    from focusmesh.engine.links.tables.values import shorten as shorten
    from focusmesh.engine.links.tables.values import time_of as time_of
    from focusmesh.engine.links.tables.values import usable_weight as usable_weight
    from focusmesh.engine.links.tables.values import weight_of as weight_of
    from focusmesh.engine.links.type_links import TYPE_RELATIONS as TYPE_RELATIONS
    from focusmesh.engine.links.type_links import all_labels as all_labels
    from focusmesh.engine.links.type_links import labels_of as labels_of
    from focusmesh.engine.links.type_links import owners_of_label as owners_of_label
    from focusmesh.engine.links.view import LinkView as LinkView
    from focusmesh.engine.links.view import told_root as told_root
else:
    __getattr__, __dir__ = lazily(__name__)
