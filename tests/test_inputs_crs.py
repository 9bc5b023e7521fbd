"""When two coordinate systems are the same, however they are spelled."""

import pytest
from pyproj import CRS, Transformer

from zoning.inputs.crs import code_of, same_crs, to_degrees

ESRI = CRS(4549).to_wkt("WKT1_ESRI")


@pytest.mark.parametrize("code", [4490, 4528, 4534, 4549, 4554, 4498, 4508, 32650, 4326])
@pytest.mark.parametrize("form", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_a_code_is_found_again_in_every_spelling(code, form):
    crs = CRS.from_wkt(CRS(code).to_wkt(form))
    # 4512 and 4554 are one system with two codes, and a spelling may lose which one was meant.
    assert same_crs(crs, CRS(code)) and same_crs(crs, CRS(code_of(crs)))
    assert not same_crs(crs, CRS(4547))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"False_Easting",500000.0', '"False_Easting",450000.0'),
        ('"Central_Meridian",120.0', '"Central_Meridian",119.5'),
        ('"Scale_Factor",1.0', '"Scale_Factor",0.9996'),
    ],
)
def test_a_name_with_other_numbers_is_another_system(old, new):
    assert old in ESRI
    crs = CRS.from_wkt(ESRI.replace(old, new))
    assert not same_crs(crs, CRS(4549)) and code_of(crs) != 4549


@pytest.mark.parametrize("crs", ["EPSG:4549", "EPSG:4528", "EPSG:4490", "EPSG:32650", ESRI])
def test_degrees_are_those_of_proj_to_the_last_digit(crs):
    """Degrees on CGCS2000 are not looked up as another datum; the numbers are the same."""
    x, y = ([119.4, 120.1], [31.9, 32.3]) if crs == "EPSG:4490" else (
        [4.6e5, 5.1e5], [3.53e6, 3.57e6]
    )  # fmt: skip
    x = [40e6 + v for v in x] if crs == "EPSG:4528" else x
    asked = Transformer.from_crs(CRS(crs), "EPSG:4326", always_xy=True).transform(x, y)
    assert to_degrees(crs).transform(x, y) == asked
