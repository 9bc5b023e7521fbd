"""The parameters of a command as those of Processing, and their values as words."""

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterPoint,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorDestination,
    QgsProcessingParameterVectorLayer,
)

from .forms import key_of, kind_of, split_list

#: What a place on the map adds to the name of the parameter for a place.
POINT, LAYER = "_POINT", "_LAYER"
#: Longitude and latitude of CGCS2000, in which the command line takes places.
LONLAT = "EPSG:4490"
#: Files that layers of QGIS may lie in and the tool can read.
_READABLE = ["gpkg", "shp", "geojson", "fgb", "gdb", "json", "parquet"]


def make(parameter, lang):
    """Make the definitions of a parameter; a place has two, a text and a point.

    Returns
    -------
    list of QgsProcessingParameterDefinition
    """
    key, kind = key_of(parameter), kind_of(parameter)
    label, optional = parameter["help"][lang], not parameter["required"]
    if kind == "place":
        point = {"zh": "或在地图上点选", "en": "Or a point on the map"}[lang]
        made = [
            QgsProcessingParameterString(key, label, optional=True),
            QgsProcessingParameterPoint(key + POINT, point, optional=True),
        ]
        if parameter["kind"] == "place-or-vector":
            layer = {"zh": "或一个图层", "en": "Or a layer"}[lang]
            made.append(QgsProcessingParameterVectorLayer(key + LAYER, layer, optional=True))
        return made
    made = _MAKERS[kind](key, label, parameter, optional)
    if parameter["shared"]:
        made.setFlags(made.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
    return [made]


def _choice(key, label, parameter, optional):
    return QgsProcessingParameterEnum(
        key, label, options=parameter["choices"], allowMultiple=parameter["several"],
        defaultValue=parameter["default"] or None, optional=optional, usesStaticStrings=True,
    )  # fmt: skip


def _number(key, label, parameter, optional):
    whole = parameter["type"] == "integer"
    kind = QgsProcessingParameterNumber.Integer if whole else QgsProcessingParameterNumber.Double
    made = QgsProcessingParameterNumber(
        key, label, kind, defaultValue=parameter["default"], optional=optional
    )
    if parameter["min"] is not None:
        made.setMinimum(parameter["min"])
    if parameter["max"] is not None:
        made.setMaximum(parameter["max"])
    return made


def _folder_out(key, label, parameter, optional):
    return QgsProcessingParameterFolderDestination(
        key, label, optional=optional, createByDefault=not optional
    )


def _file_out(key, label, parameter, optional):
    endings = parameter.get("endings") or []
    if ".tif" in endings:
        return QgsProcessingParameterRasterDestination(key, label, optional=optional)
    if ".gpkg" in endings:
        return QgsProcessingParameterVectorDestination(key, label, optional=optional)
    shown = " ".join("*" + e for e in endings)
    return QgsProcessingParameterFileDestination(
        key, label, fileFilter="{0} ({0})".format(shown) if shown else "", optional=optional,
        createByDefault=not optional,
    )  # fmt: skip


def _file(key, label, parameter, optional, behaviour=QgsProcessingParameterFile.File, shown=""):
    return QgsProcessingParameterFile(
        key, label, behavior=behaviour, fileFilter=shown, optional=optional
    )


def _plain(kind, **more):
    """Make parameters that need no more than a name and a text."""
    return lambda key, label, _parameter, optional: kind(key, label, optional=optional, **more)


_MAKERS = {
    "choice": _choice,
    "flag": lambda k, t, p, _: QgsProcessingParameterBoolean(k, t, defaultValue=bool(p["default"])),
    "integer": _number,
    "number": _number,
    "files": _plain(QgsProcessingParameterMultipleLayers, layerType=QgsProcessing.TypeFile),
    "vector": _plain(QgsProcessingParameterVectorLayer, types=[QgsProcessing.TypeVectorPolygon]),
    "raster": _plain(QgsProcessingParameterRasterLayer),
    "folder": lambda k, t, p, o: _file(k, t, p, o, QgsProcessingParameterFile.Folder),
    "folder-out": _folder_out,
    "file": _file,
    "file-out": _file_out,
    "plan": lambda k, t, p, o: _file(k, t, p, o, shown="plan.toml (*.toml)"),
    "crs": _plain(QgsProcessingParameterCrs),
    "list": _plain(QgsProcessingParameterString, multiLine=True),
    "text": lambda k, t, p, o: QgsProcessingParameterString(
        k, t, defaultValue=p["default"] or None, optional=o
    ),
}


def read(parameter, algorithm, given, context, feedback):
    """Give the value of a parameter as the command line takes it; None where there is none."""
    key, kind = key_of(parameter), kind_of(parameter)
    if kind == "place":
        return _place(key, algorithm, given, context, feedback)
    if given.get(key) is None:
        return None
    if kind == "choice":
        if parameter["several"]:
            return algorithm.parameterAsEnumStrings(given, key, context)
        return algorithm.parameterAsEnumString(given, key, context)
    if kind == "vector":
        return _vector(parameter, algorithm, given, context, feedback)
    if kind == "list":
        return split_list(algorithm.parameterAsString(given, key, context))
    if kind == "files":
        return algorithm.parameterAsFileList(given, key, context)
    return _READERS.get(kind, _text)(algorithm, given, key, context)


def _text(algorithm, given, key, context):
    return algorithm.parameterAsString(given, key, context)


def _crs(algorithm, given, key, context):
    crs = algorithm.parameterAsCrs(given, key, context)
    return (crs.authid() or crs.toWkt()) if crs.isValid() else None


def _raster(algorithm, given, key, context):
    layer = algorithm.parameterAsRasterLayer(given, key, context)
    return None if layer is None else layer.source()


def _out(algorithm, given, key, context):
    if algorithm.parameterDefinition(key).type() in ("vectorDestination", "rasterDestination"):
        return algorithm.parameterAsOutputLayer(given, key, context)
    return algorithm.parameterAsFileOutput(given, key, context)


_READERS = {
    "flag": lambda a, g, k, c: a.parameterAsBool(g, k, c),
    "integer": lambda a, g, k, c: a.parameterAsInt(g, k, c),
    "number": lambda a, g, k, c: a.parameterAsDouble(g, k, c),
    "file": lambda a, g, k, c: a.parameterAsFile(g, k, c),
    "plan": lambda a, g, k, c: a.parameterAsFile(g, k, c),
    "folder": lambda a, g, k, c: a.parameterAsFile(g, k, c),
    "folder-out": _out,
    "file-out": _out,
    "raster": _raster,
    "crs": _crs,
}


def _place(key, algorithm, given, context, feedback):
    """Take a layer or a point on the map before the text."""
    if given.get(key + LAYER):
        return algorithm.parameterAsCompatibleSourceLayerPath(
            given, key + LAYER, context, _READABLE, "gpkg", feedback
        )
    if given.get(key + POINT):
        lonlat = QgsCoordinateReferenceSystem(LONLAT)
        point = algorithm.parameterAsPoint(given, key + POINT, context, lonlat)
        return "{:.7f},{:.7f}".format(point.x(), point.y())
    return algorithm.parameterAsString(given, key, context) or None


def _vector(parameter, algorithm, given, context, feedback):
    """Give ``FILE`` or ``FILE:layer``; a layer that lies in no file is written into one."""
    key = key_of(parameter)
    path, layer = algorithm.parameterAsCompatibleSourceLayerPathAndLayerName(
        given, key, context, _READABLE, "gpkg", feedback
    )
    return "{}:{}".format(path, layer) if layer and parameter["type"] == "text" else path
