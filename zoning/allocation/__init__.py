"""Where the remaining construction land goes: exact, with proof, explained and priced."""

from zoning.allocation.allocate import allocate
from zoning.allocation.proof.certificate import Certificate
from zoning.allocation.proof.conflicts import Conflict, find_conflict
from zoning.allocation.result import Allocation
from zoning.allocation.space import lattice_edges

__all__ = ["Allocation", "Certificate", "Conflict", "allocate", "find_conflict", "lattice_edges"]
