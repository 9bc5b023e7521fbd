"""Wishes about patches of whole units: not too small, or grown from what is built already.

The choice is mended, not proved best: patches that break the wish go, the others grow by units that
touch them. The bound of the question without the wish stays valid and gives the gap.
"""

from __future__ import annotations

from zoning.allocation.landscape import Patches, faulty
from zoning.allocation.methods.blocks import Blocks, Bools
from zoning.allocation.methods.greedy import fill
from zoning.allocation.methods.whole import Choice
from zoning.allocation.model import Model, sum_by
from zoning.allocation.space import Space


def mend(
    blocks: Blocks, model: Model, space: Space, choice: Choice, core_share: float, wish: Patches
) -> Choice:
    """Drop patches that break the wish and grow the others.

    Parameters
    ----------
    blocks, model, space
        The question of whole units.
    choice : Choice
        Its answer without the wish.
    core_share : float
        Units built above this share are cores.
    wish : Patches

    Returns
    -------
    Choice
        With the bound of ``choice``; never called proved.
    """
    n = len(space.area)
    core = space.built > core_share * space.area
    must = sum_by(model.unit, model.least, n) > 0
    z = choice.z.copy()

    def units(of: Bools) -> Bools:
        chosen = core | must
        chosen[blocks.unit[of]] = True
        return chosen

    z[faulty(units(z), core, space.a, space.b, wish)[blocks.unit]] = False
    chosen = units(z)
    near = core.copy()
    near[space.a[chosen[space.b]]] = True
    near[space.b[chosen[space.a]]] = True
    z = fill(blocks, z, ~z, choice.prices, beside=near[blocks.unit])
    word = f"{choice.method}+patches"
    return choice._replace(z=z, value=blocks.value(z), proved=False, method=word)
