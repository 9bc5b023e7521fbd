"""How much may still be built: the accounts under the caps, and what contradicts itself.

Everything here is arithmetic on whole square metres. Where the land goes is the business of
:mod:`zoning.allocation`.
"""

from zoning.capacity.accounts import Account, account
from zoning.capacity.from_config import cap_rules
from zoning.capacity.presolve import presolve
from zoning.capacity.rules import AreaRule, CapRules, Limit, Lock, share_of
from zoning.capacity.settle import settle

__all__ = [
    "Account",
    "AreaRule",
    "CapRules",
    "Limit",
    "Lock",
    "account",
    "cap_rules",
    "presolve",
    "settle",
    "share_of",
]
