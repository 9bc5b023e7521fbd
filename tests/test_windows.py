"""Moving windows and patches, held against scipy.ndimage."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from zoning.measure.windows import grown, moving, patches

SHAPES = arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8)
MASKS = arrays.arrays(bool, SHAPES)


@given(MASKS, st.booleans())
def test_patches_are_those_of_scipy_with_the_same_numbers(mask, corners):
    from scipy import ndimage

    theirs, n = ndimage.label(mask, np.ones((3, 3)) if corners else None)
    labels, count = patches(mask, corners=corners)
    assert count == n
    assert labels.tolist() == theirs.tolist()


@given(
    arrays.arrays(np.float64, SHAPES, elements=st.integers(-3, 3)), st.sampled_from([1, 3, 5, 9])
)
def test_windows_are_those_of_scipy(picture, cells):
    from scipy import ndimage

    high, low = (
        moving(picture, cells, np.maximum, -np.inf),
        moving(picture, cells, np.minimum, np.inf),
    )
    assert high.tolist() == ndimage.maximum_filter(picture, cells, mode="nearest").tolist()
    assert low.tolist() == ndimage.minimum_filter(picture, cells, mode="nearest").tolist()


@given(MASKS, st.floats(0, 3.5), st.sampled_from([1, 2]))
def test_growing_is_that_of_scipy(mask, reach, down):
    from scipy import ndimage

    across = int(reach)
    y, x = np.mgrid[-(across // down) : across // down + 1, -across : across + 1]
    disc = np.hypot(x, y * down) <= reach
    assert grown(mask, disc).tolist() == ndimage.binary_dilation(mask, structure=disc).tolist()
