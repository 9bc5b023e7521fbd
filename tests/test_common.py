"""What neighbours have in common, where doubles go wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from zoning.measure.common import rest, shared

#: A yard in the hole of a field; their common edge is the same but for the last digits.
YARD = shapely.Polygon([
    (442541.56131080294, 3563255.908714757), (442300.39069791127, 3562988.3746581567),
    (442434.0599668766, 3563312.588559096)])  # fmt: skip
FIELD = shapely.Polygon(
    [(438334.65950029716, 3558589.1315581645), (438804.757208565, 3567589.7239396363),
     (443021.5981592168, 3563788.4205487403)],
    [[(441991.87795659783, 3563468.1598057416), (442064.8656508711, 3562727.1033095866),
      (442300.39069791127, 3562988.3746581567), (443021.5981592168, 3563788.4205487403)]],
)  # fmt: skip


def test_neighbours_that_only_touch_have_nothing_in_common():
    assert YARD.is_valid and FIELD.is_valid
    assert shared(YARD, FIELD).area < 1e-3
    assert rest(YARD, FIELD).area == pytest.approx(YARD.area)
    assert shared([YARD, FIELD], [FIELD, YARD])[1].area < 1e-3


def test_what_touches_besides_leaves_polygons_alone():
    ell = shapely.Polygon([(0, 0), (4, 0), (4, 1), (2, 1), (2, 3), (0, 3)])
    other = shapely.Polygon(
        [(4, 0), (4, 5), (1, 5), (1, 2), (2, 2), (2, 3), (3, 3), (3, 1), (4, 1)]
    )
    found = shared(ell, shapely.box(1, 1, 9, 9))  # an area and a line
    assert found.area == 2 and set(shapely.get_type_id(shapely.get_parts(found)).tolist()) == {3}
    assert shared(shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)).is_empty
    assert rest(shared(ell, other), other).is_empty
    assert shared(np.array([], dtype=object), np.array([], dtype=object)).shape == (0,)


def test_a_site_that_only_touches_a_protected_field_is_not_on_it():
    from zoning.errors import Text
    from zoning.review.site.ground import Asked, Cover

    table = pd.DataFrame({"code": ["f"]})
    cover = Cover.of(Asked(Text("field", "田")), table, [FIELD])
    *_, shapes = cover.meet(np.array([YARD], dtype=object))
    assert shapely.area(shapes).sum() < 1e-3
