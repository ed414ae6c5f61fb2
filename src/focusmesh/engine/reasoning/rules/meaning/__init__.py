"""What rules mean: their normal form, types, strata, and the functors that they call."""

from __future__ import annotations

from focusmesh.engine.reasoning.rules.meaning.addresses import address_atom as address_atom
from focusmesh.engine.reasoning.rules.meaning.addresses import addresses as addresses
from focusmesh.engine.reasoning.rules.meaning.addresses import is_address as is_address
from focusmesh.engine.reasoning.rules.meaning.addresses import with_addresses as with_addresses
from focusmesh.engine.reasoning.rules.meaning.bounds import with_bounds as with_bounds
from focusmesh.engine.reasoning.rules.meaning.calls import call_columns as call_columns
from focusmesh.engine.reasoning.rules.meaning.calls import verify_given as verify_given
from focusmesh.engine.reasoning.rules.meaning.demand import rewrite_for as rewrite_for
from focusmesh.engine.reasoning.rules.meaning.floats import atom_with_floats as atom_with_floats
from focusmesh.engine.reasoning.rules.meaning.floats import rows_with_floats as rows_with_floats
from focusmesh.engine.reasoning.rules.meaning.floats import rule_with_floats as rule_with_floats
from focusmesh.engine.reasoning.rules.meaning.functors import COMPARISONS as COMPARISONS
from focusmesh.engine.reasoning.rules.meaning.functors import FUNCTORS as FUNCTORS
from focusmesh.engine.reasoning.rules.meaning.functors import FunctorError as FunctorError
from focusmesh.engine.reasoning.rules.meaning.functors import divide as divide
from focusmesh.engine.reasoning.rules.meaning.functors import whole as whole
from focusmesh.engine.reasoning.rules.meaning.normal_form import GroupLiteral as GroupLiteral
from focusmesh.engine.reasoning.rules.meaning.normal_form import NormalForm as NormalForm
from focusmesh.engine.reasoning.rules.meaning.normal_form import NormalLiteral as NormalLiteral
from focusmesh.engine.reasoning.rules.meaning.normal_form import NormalRule as NormalRule
from focusmesh.engine.reasoning.rules.meaning.normal_form import bindings as bindings
from focusmesh.engine.reasoning.rules.meaning.normal_form import given_relations as given_relations
from focusmesh.engine.reasoning.rules.meaning.normal_form import (
    literal_variables as literal_variables,
)
from focusmesh.engine.reasoning.rules.meaning.normal_form import normalise as normalise
from focusmesh.engine.reasoning.rules.meaning.normal_form import wild as wild
from focusmesh.engine.reasoning.rules.meaning.property_atoms import AS_TEXT as AS_TEXT
from focusmesh.engine.reasoning.rules.meaning.property_atoms import PROPERTY as PROPERTY
from focusmesh.engine.reasoning.rules.meaning.property_atoms import (
    PropertyRelation as PropertyRelation,
)
from focusmesh.engine.reasoning.rules.meaning.property_atoms import atom_relation as atom_relation
from focusmesh.engine.reasoning.rules.meaning.property_atoms import relation_text as relation_text
from focusmesh.engine.reasoning.rules.meaning.property_atoms import (
    with_property_relations as with_property_relations,
)
from focusmesh.engine.reasoning.rules.meaning.strata import stratify as stratify
from focusmesh.engine.reasoning.rules.meaning.types import ANY as ANY
from focusmesh.engine.reasoning.rules.meaning.types import atoms as atoms
from focusmesh.engine.reasoning.rules.meaning.types import column_types as column_types
from focusmesh.engine.reasoning.rules.meaning.types import comparisons as comparisons
from focusmesh.engine.reasoning.rules.meaning.variables import term_variables as term_variables
from focusmesh.engine.reasoning.rules.meaning.written import is_condition as is_condition
from focusmesh.engine.reasoning.rules.meaning.written import literal_text as literal_text
from focusmesh.engine.reasoning.rules.meaning.written import row_text as row_text
from focusmesh.engine.reasoning.rules.meaning.written import rule_text as rule_text
from focusmesh.engine.reasoning.rules.meaning.written import value_text as value_text
