"""Class rasters: window, orientation, coverage, classes; against pixels drawn by hand."""

import re

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.errors import InputError
from zoning.inputs.rasters import read_classes

X0, Y0, PIXEL = 500_000.0, 3_560_000.0, 30.0
PICTURE = np.arange(1, 21, dtype="uint8").reshape(4, 5)
UP = Affine(PIXEL, 0, X0, 0, -PIXEL, Y0)
CRS = "EPSG:4549"


def write(folder, picture=PICTURE, transform=UP, crs=CRS, nodata=None, name="用地 2020.tif"):
    path = folder / name
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=picture.shape[-2],
        width=picture.shape[-1],
        count=1,
        dtype=picture.dtype,
        crs=crs,
        transform=transform,
        nodata=nodata,
    ) as file:
        file.write(picture, 1)
    return path


def box(west, north, east, south):
    """A rectangle in pixels from the upper left corner."""
    return shapely.box(X0 + west * PIXEL, Y0 - south * PIXEL, X0 + east * PIXEL, Y0 - north * PIXEL)


WHOLE = box(0, 0, 5, 4)


def read(path, area=WHOLE, **options):
    file, source = read_classes(path, area=area, to_crs=options.pop("to_crs", CRS), **options)
    return file.read(), source


def problem(*args, **kwargs):
    with pytest.raises(InputError) as e:
        read(*args, **kwargs)
    (p,) = e.value.problems
    assert p.what.en and p.what.zh and p.where
    return p


def test_the_whole_picture(tmp_path):
    raster, source = read(write(tmp_path))
    assert raster.classes.tolist() == PICTURE.tolist()
    assert (raster.x0, raster.y0, raster.dx, raster.dy) == (X0, Y0, PIXEL, PIXEL)
    assert (source.role, source.layer, source.features, source.crs) == (
        "landuse",
        "band 1",
        20,
        CRS,
    )


def test_only_pixels_that_touch_the_area_are_read(tmp_path):
    raster, _ = read(write(tmp_path), box(1.5, 1, 3, 2.1))
    assert raster.classes.tolist() == PICTURE[1:3, 1:3].tolist()
    assert (raster.x0, raster.y0) == (X0 + PIXEL, Y0 - PIXEL)


@pytest.mark.parametrize("flip", ["rows", "columns", "both"])
def test_south_up_and_mirrored_files_are_turned(tmp_path, flip):
    picture, a, c, e, f = PICTURE, PIXEL, X0, -PIXEL, Y0
    if flip in ("rows", "both"):
        picture, e, f = picture[::-1], PIXEL, Y0 - 4 * PIXEL
    if flip in ("columns", "both"):
        picture, a, c = picture[:, ::-1], -PIXEL, X0 + 5 * PIXEL
    path = write(tmp_path, np.ascontiguousarray(picture), Affine(a, 0, c, 0, e, f))
    raster, _ = read(path, box(1.5, 1, 3, 2.1))
    assert raster.classes.tolist() == PICTURE[1:3, 1:3].tolist()
    assert (raster.x0, raster.y0, raster.dx, raster.dy) == (X0 + PIXEL, Y0 - PIXEL, PIXEL, PIXEL)


def test_rotated_is_refused(tmp_path):
    path = write(tmp_path, transform=UP @ Affine.rotation(5))
    p = problem(path)
    assert p.code == "rotated-raster" and "gdalwarp" in p.remedy.zh


def test_no_data_becomes_minus_one(tmp_path):
    picture = PICTURE.copy()
    picture[1, 1] = 255
    assert read(write(tmp_path, picture, nodata=255))[0].classes[1, 1] == -1
    floats = PICTURE.astype("float32")
    floats[0, 0] = np.nan
    raster, _ = read(write(tmp_path, floats))
    assert raster.classes[0, 0] == -1 and raster.classes[0, 1] == 2
    assert np.issubdtype(raster.classes.dtype, np.integer)


def test_zero_is_no_data_unless_the_table_knows_it(tmp_path):
    picture = PICTURE.copy()
    picture[0, 0] = 0
    path = write(tmp_path, picture)
    assert read(path, classes=range(1, 21))[0].classes[0, 0] == -1
    assert read(path, classes=range(21))[0].classes[0, 0] == 0
    assert read(path)[0].classes[0, 0] == 0


def test_large_values_are_kept(tmp_path):
    picture = PICTURE.astype("int32") * 100_000
    assert read(write(tmp_path, picture))[0].classes.max() == 2_000_000


def test_unknown_classes_are_listed_with_their_area(tmp_path):
    p = problem(write(tmp_path), classes=[v for v in range(1, 21) if v not in (3, 20)])
    assert p.code == "unknown-class" and p.measured == 2
    assert "3: 0.001 km²; 20: 0.001 km²" in p.what.zh


def test_unknown_classes_outside_the_window_do_not_matter(tmp_path):
    raster, _ = read(write(tmp_path), box(0, 0, 2, 1), classes=[1, 2])
    assert raster.classes.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("area", "km2", "en", "zh"),
    [
        (box(0, 0, 6, 4), 4 * 900 / 1e6, "east", "东部"),
        (box(-1, 0, 5, 4), 4 * 900 / 1e6, "west", "西部"),
        (box(0, -4, 5, 4), 20 * 900 / 1e6, "north", "北部"),
        (box(0, 0, 5, 8), 20 * 900 / 1e6, "south", "南部"),
        (box(1, -3, 4, 7).difference(box(1, 0, 4, 3.99)), 18 * 900 / 1e6, "middle", "中部"),
    ],
)
def test_what_is_not_covered_is_measured_and_placed(tmp_path, area, km2, en, zh):
    p = problem(write(tmp_path), area)
    assert p.code == "not-covered" and p.measured == pytest.approx(km2 * 1e6)
    assert f"{km2:.3f} km²" in p.what.en and en in p.what.en and zh in p.what.zh
    assert re.search(r"at (119|120)\.\d{4}, 32\.1\d{3}\)", p.what.en)  # longitude and latitude


def test_only_the_area_must_be_covered_not_its_box(tmp_path):
    corner = shapely.Polygon([(X0, Y0), (X0 + 5 * PIXEL, Y0), (X0, Y0 - 4 * PIXEL)])
    sliver = shapely.union(corner, box(5, 0, 5.001, 0.001))
    assert read(write(tmp_path), sliver)[0].classes.shape == (4, 5)


def test_another_crs_is_refused_with_a_command_that_runs(tmp_path):
    path = write(tmp_path)
    there = shapely.box(217_000, 3_562_000, 217_100, 3_562_050)
    p = problem(path, there, to_crs="EPSG:4550")
    assert p.code == "other-crs"
    assert 'rio warp "用地 2020.tif" "用地 2020_EPSG4550.tif"' in p.remedy.zh
    assert '[grid] crs = "EPSG:4549"' in p.remedy.zh, "the grid may take the pixels as they are"


@pytest.mark.slow
def test_the_command_of_the_remedy_makes_a_usable_raster(tmp_path, monkeypatch):
    import shlex

    from click.testing import CliRunner
    from rasterio.rio.main import main_group

    path = write(tmp_path, np.full((80, 80), 7, "uint8"), nodata=0)
    area = to("EPSG:4550", box(20, 20, 60, 60))
    command = problem(path, area, to_crs="EPSG:4550").remedy.en.split("run: ")[1]
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main_group, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output
    raster, _ = read(tmp_path / "用地 2020_EPSG4550.tif", area, to_crs="EPSG:4550")
    assert (raster.classes == 7).mean() > 0.9


def to(crs, shape):
    import geopandas as gpd

    return gpd.GeoSeries([shape], crs=CRS).to_crs(crs).iloc[0]


@pytest.mark.parametrize("nodata", [None, 0])
def test_reprojected_by_nearest_neighbour_when_asked(tmp_path, nodata):
    picture = np.full((80, 80), 7, "uint8")
    picture[:, 40:] = 3
    path = write(tmp_path, picture, nodata=nodata)
    area = to("EPSG:4550", box(20, 20, 60, 60))
    raster, source = read(path, area, to_crs="EPSG:4550", reproject=True)
    assert source.crs == CRS and [f.code for f in source.findings] == ["reprojected-raster"]
    # No new values appear; what was not in the picture is no data.
    assert set(np.unique(raster.classes)) <= {-1, 3, 7}
    west, east = to("EPSG:4550", box(21, 21, 39, 59)), to("EPSG:4550", box(41, 21, 59, 59))
    for shape, value in ((west, 7), (east, 3)):
        point = shape.centroid
        col = int((point.x - raster.x0) / raster.dx)
        row = int((raster.y0 - point.y) / raster.dy)
        assert raster.classes[row, col] == value
    assert raster.dx == pytest.approx(PIXEL, rel=0.02)


def test_no_crs_and_stated_crs(tmp_path):
    path = write(tmp_path, crs=None)
    assert problem(path).code == "unknown-crs"
    assert read(path, crs=CRS)[0].classes.shape == (4, 5)
    assert problem(path, crs="EPSG:99999").code == "unknown-crs"


def test_the_same_crs_in_another_spelling(tmp_path):
    from pyproj import CRS as ProjCRS

    wkt = ProjCRS(4549).to_wkt("WKT1_ESRI")
    assert read(write(tmp_path, crs=wkt))[0].classes.shape == (4, 5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fractions_are_no_classes(tmp_path, dtype):
    assert problem(write(tmp_path, PICTURE.astype(dtype) + 0.5)).code == "not-classes"
    raster, _ = read(write(tmp_path, PICTURE.astype(dtype)))
    assert raster.classes.tolist() == PICTURE.tolist()


def test_complex_numbers_are_no_classes(tmp_path):
    assert problem(write(tmp_path, PICTURE.astype("complex64"))).code == "not-classes"


def test_missing_band_file_and_rubbish(tmp_path):
    assert problem(write(tmp_path), band=2).code == "missing-band"
    assert problem(tmp_path / "用地2020.tif").code == "missing-file"
    rubbish = tmp_path / "a.tif"
    rubbish.write_bytes(b"II*\0rubbish")
    assert problem(rubbish).code == "unreadable-file"


def test_form_problems_come_together(tmp_path):
    path = write(tmp_path, transform=UP @ Affine.rotation(5), crs=None)
    with pytest.raises(InputError) as e:
        read(path, band=9)
    assert [p.code for p in e.value.problems] == ["unknown-crs", "missing-band", "rotated-raster"]


def test_a_wide_file_is_read_by_its_window(tmp_path):
    path = tmp_path / "省.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=60_000,
        width=60_000,
        count=1,
        dtype="uint8",
        crs=CRS,
        transform=UP,
        tiled=True,
        sparse_ok=True,
        nodata=0,
    ) as file:
        file.write(PICTURE, 1, window=rasterio.windows.Window(30_000, 30_000, 5, 4))
    raster, _ = read(path, box(30_000, 30_000, 30_005, 30_004))
    assert raster.classes.tolist() == PICTURE.tolist()


@settings(max_examples=40, deadline=None)
@given(*[st.floats(0, 1)] * 4)
def test_any_window_holds_the_pixels_of_its_area(tmp_path_factory, a, b, c, d):
    path = tmp_path_factory.getbasetemp() / "used-again.tif"
    if not path.exists():
        write(path.parent, name=path.name)
    west, east = sorted((a * 5, b * 5))
    north, south = sorted((c * 4, d * 4))
    area = box(west, north, max(east, west + 0.01), max(south, north + 0.01)).intersection(WHOLE)
    if area.area == 0:
        return
    raster, _ = read(path, area)
    assert shapely.box(*raster.bounds).buffer(1e-6).covers(area)
    col, row = round((raster.x0 - X0) / PIXEL), round((Y0 - raster.y0) / PIXEL)
    rows, cols = raster.classes.shape
    assert raster.classes.tolist() == PICTURE[row : row + rows, col : col + cols].tolist()
    # No row or column more than needed.
    inner = shapely.box(*raster.bounds).buffer(-PIXEL, join_style="mitre")
    assert inner.is_empty or inner.buffer(-1e-6).within(area.buffer(1e-6))


def test_strips_are_the_whole_window(tmp_path, monkeypatch):
    from zoning.inputs import pictures

    rng = np.random.default_rng(1)
    picture = rng.integers(1, 9, (75, 40), dtype="uint8")
    path = write(tmp_path, picture)
    area = box(3.4, 2.4, 38, 70.6)
    whole = read_classes(path, area=area, to_crs=CRS)[0]
    for strip in (1, 100, 1000, 10**6):
        monkeypatch.setattr(pictures, "_STRIP", strip)
        with whole.open() as view:
            parts = list(whole.strips(view))
        np.testing.assert_array_equal(
            np.concatenate([p.classes for p in parts]), whole.read().classes
        )
        assert parts[0].y0 == whole.read().y0
    monkeypatch.setattr(pictures, "_STRIP", 100)
    with pytest.raises(InputError) as e:
        read(path, area, classes=range(1, 8))
    # Counted over all strips, pixels whose middle lies in the area.
    seen = (picture[2:71, 3:38] == 8).sum()
    assert f"8: {seen * 900 / 1e6:.3f} km²" in e.value.problems[0].what.en
