"""Two versions of a plan: what changed, by how much, and why.

`compare` lays two plans side by side, `causes` swaps what differs one group at a time, `contribute`
hands the result to the plan that carries it.
"""

from zoning.review.diff.compare import Diff, compare
from zoning.review.diff.contribute import contribute

__all__ = ["Diff", "compare", "contribute"]
