"""Where the remaining construction land goes: exact, with proof, explained and priced."""

from zoning.allocation.allocate import Allocation, allocate
from zoning.allocation.certificate import Certificate

__all__ = ["Allocation", "Certificate", "allocate"]
