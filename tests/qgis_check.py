"""Open GeoPackages and projects in a real QGIS and say what came out, as JSON.

Run with the Python that QGIS belongs to, never with the one of this package:

    QT_QPA_PLATFORM=offscreen /usr/bin/python3 tests/qgis_check.py OUT.json PICTURES URI [URI ...]

A URI is a GeoPackage, another data source, a .qgz, or ``geopackage:FILE?projectName=NAME``.
"""

import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from qgis.core import (
    QgsApplication,
    QgsCategorizedSymbolRenderer,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFontUtils,
    QgsGraduatedSymbolRenderer,
    QgsLayerTree,
    QgsLayoutExporter,
    QgsLayoutItem,
    QgsLayoutItemLegend,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsProviderRegistry,
    QgsVectorLayer,
)  # fmt: skip
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor


def render(layers, crs, extent, path, size=(700, 560)):
    """Draw layers and give the number of different colours in the picture."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setOutputSize(QSize(*size))
    settings.setBackgroundColor(QColor("white"))
    settings.setDestinationCrs(crs)
    extent.scale(1.05)
    settings.setExtent(extent)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    image.save(path)
    step = range(0, size[0], 7)
    return len({image.pixel(x, y) for x in step for y in range(0, size[1], 7)})


def legend_of(renderer):
    if isinstance(renderer, QgsCategorizedSymbolRenderer):
        return [
            (str(c.value()), c.label(), c.symbol().color().name()) for c in renderer.categories()
        ]
    if isinstance(renderer, QgsGraduatedSymbolRenderer):
        return [(f"{r.lowerValue():g}-{r.upperValue():g}", r.label(), r.symbol().color().name())
                for r in renderer.ranges()]  # fmt: skip
    return []


def describe(layer):
    renderer = layer.renderer()
    fields = layer.fields()
    maps = {
        f.name(): [next(iter(p.items())) for p in f.editorWidgetSetup().config().get("map", [])]
        for f in fields
        if f.editorWidgetSetup().type() == "ValueMap"
    }
    first = next(layer.getFeatures(), None)
    return {
        "name": layer.name(), "valid": layer.isValid(), "crs": layer.crs().authid(),
        "features": layer.featureCount(), "source": layer.source(),
        "renderer": type(renderer).__name__ if renderer else None, "legend": legend_of(renderer),
        "attribute": getattr(renderer, "classAttribute", lambda: "")(),
        "labels": layer.labelsEnabled(), "aliases": {f.name(): f.alias() for f in fields},
        "types": {f.name(): f.typeName() for f in fields}, "maps": maps,
        "first": {k: str(v) for k, v in first.attributeMap().items()} if first else None,
    }  # fmt: skip


def check_file(uri, pictures, tag):
    """Open every layer of a file, with every style that stands in it."""
    found = []
    for sub in QgsProviderRegistry.instance().providerMetadata("ogr").querySublayers(uri):
        layer = QgsVectorLayer(sub.uri(), sub.name(), "ogr")
        layer.loadDefaultStyle()
        entry = {"table": sub.name(), **describe(layer), "styles": [], "sld": read_sld(uri, layer)}
        if layer.isSpatial() and layer.isValid() and layer.featureCount():
            for number in range(layer.listStylesInDatabase()[0]):
                ids, names = layer.listStylesInDatabase()[1:3]
                qml, error = layer.getStyleFromDatabase(ids[number])
                path = os.path.join(pictures, f"{tag}-{sub.name()}-{number}.png")
                again = QgsVectorLayer(sub.uri(), sub.name(), "ogr")
                from qgis.PyQt.QtXml import QDomDocument

                document = QDomDocument()
                document.setContent(qml)
                ok, message = again.importNamedStyle(document)
                colours = render([again], again.crs(), again.extent(), path)
                entry["styles"].append({"name": names[number], "ok": ok, "error": error + message,
                                        "colours": colours, **describe(again)})  # fmt: skip
        found.append(entry)
    return {"uri": uri, "layers": found}


def read_sld(uri, layer):
    """Read the SLD that lies beside a file, and give its classes."""
    place = os.path.splitext(uri)[0] + ".sld"
    if not os.path.isfile(place):
        return None
    copy = layer.clone()
    message, ok = copy.loadSldStyle(place)
    root = getattr(copy.renderer(), "rootRule", None)
    rules = [[r.label(), r.symbol().color().name()] for r in root().children()] if root else []
    return {"ok": ok, "error": message, "rules": rules}


def tree_of(node):
    return [
        {"name": c.name(), "visible": c.isVisible(),
         "children": tree_of(c) if QgsLayerTree.isGroup(c) else None}
        for c in node.children()
    ]  # fmt: skip


def check_project(uri, pictures, tag):
    """Open a project, draw its map, export every layout and a page of every atlas."""
    project = QgsProject.instance()
    project.clear()
    ok = project.read(uri)
    layers = list(project.mapLayers().values())
    out = {
        "uri": uri, "read": ok, "error": project.error(), "title": project.title(),
        "crs": project.crs().authid(), "relative": project.filePathStorage() == 1,
        "abstract": project.metadata().abstract(), "author": project.metadata().author(),
        "variables": {k: str(v) for k, v in project.customVariables().items()},
        "layers": [describe(layer) for layer in layers], "tree": tree_of(project.layerTreeRoot()),
        "themes": {}, "layouts": [], "tips": tips_of(layers, project),
        "relations": [
            {"valid": r.isValid(), "parent": table_of(r.referencedLayer()),
             "child": table_of(r.referencingLayer())}
            for r in project.relationManager().relations().values()
        ],
    }  # fmt: skip
    themes = project.mapThemeCollection()
    for i, name in enumerate(themes.mapThemes()):
        shown = themes.mapThemeVisibleLayers(name)
        extent = shown[-1].extent()
        path = os.path.join(pictures, f"{tag}-theme-{i}.png")
        colours = render(shown, project.crs(), extent, path)
        out["themes"][name] = {"layers": [s.name() for s in shown], "colours": colours}
    seen = [n.layer() for n in project.layerTreeRoot().findLayers() if n.isVisible()]
    canvas = os.path.join(pictures, f"{tag}-canvas.png")
    out["canvas"] = render(seen, project.crs(), seen[-1].extent(), canvas, (1000, 800))
    for i, layout in enumerate(project.layoutManager().layouts()):
        out["layouts"].append(check_layout(layout, pictures, f"{tag}-layout-{i:02d}"))
    return out


def table_of(layer):
    return layer.source().partition("layername=")[2]


def tips_of(layers, project):
    """Give the map tips of the first features, as QGIS shows them."""
    found = []
    for layer in (x for x in layers if x.mapTipTemplate()):
        for n, feature in enumerate(layer.getFeatures()):
            context = QgsExpressionContext(
                QgsExpressionContextUtils.globalProjectLayerScopes(layer)
            )
            context.setFeature(feature)
            text = QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)
            found.append({"table": table_of(layer), "text": text})
            if n == 5:
                break
    return found


def check_layout(layout, pictures, tag):
    items = [i for i in layout.items() if isinstance(i, QgsLayoutItem)]
    page = layout.pageCollection().page(0).pageSize()
    entry = {
        "name": layout.name(), "page": [page.width(), page.height()],
        "items": [[type(i).__name__, i.id(), i.scenePos().x(), i.scenePos().y(),
                   i.rect().width(), i.rect().height()] for i in items],
        "texts": [i.currentText() for i in items if type(i).__name__ == "QgsLayoutItemLabel"],
        "legend": [[n.name() for n in i.model().rootGroup().findLayers()]
                   for i in items if isinstance(i, QgsLayoutItemLegend)],
        "atlas": None,
    }  # fmt: skip
    exporter = QgsLayoutExporter(layout)
    image = QgsLayoutExporter.ImageExportSettings()
    image.dpi = 90
    atlas = layout.atlas()
    if atlas.enabled():
        atlas.beginRender()
        atlas.first()
        entry["atlas"] = {"pages": atlas.count(), "first": atlas.nameForPage(0),
                          "file": atlas.currentFilename()}  # fmt: skip
        entry["atlas"]["scales"] = page_scales(layout)
    entry["png"] = exporter.exportToImage(os.path.join(pictures, f"{tag}.png"), image)
    if os.environ.get("QGIS_CHECK_PDF", "1") == "1":
        pdf = QgsLayoutExporter.PdfExportSettings()
        entry["pdf"] = exporter.exportToPdf(os.path.join(pictures, f"{tag}.pdf"), pdf)
    if atlas.enabled():
        atlas.endRender()
    return entry


def page_scales(layout):
    """Give the scale of the map on every page, and whether the page shows all of its feature."""
    (the_map,) = [i for i in layout.items() if type(i).__name__ == "QgsLayoutItemMap"]
    atlas, found = layout.atlas(), []
    for page in range(atlas.count()):
        atlas.seekTo(page)
        box = layout.reportContext().feature().geometry().boundingBox()
        found.append([the_map.scale(), the_map.extent().contains(box)])
    atlas.first()
    return found


def main():
    QgsApplication.setPrefixPath("/usr", True)
    app = QgsApplication([], False)
    app.initQgis()
    QgsFontUtils.loadStandardTestFonts([])
    target, pictures, *uris = sys.argv[1:]
    os.makedirs(pictures, exist_ok=True)
    found = []
    for i, uri in enumerate(uris):
        is_project = uri.startswith("geopackage:") or uri.endswith((".qgz", ".qgs"))
        found.append((check_project if is_project else check_file)(uri, pictures, f"{i}"))
    with open(target, "w", encoding="utf-8") as f:
        json.dump(found, f, ensure_ascii=False, indent=1)
    QgsProject.instance().clear()
    app.exitQgis()


if __name__ == "__main__":
    main()
