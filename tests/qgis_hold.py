"""Edit a layer of a GeoPackage in a real QGIS and keep it open until a line comes in; then save.

Run with the Python that QGIS belongs to:

    QT_QPA_PLATFORM=offscreen /usr/bin/python3 tests/qgis_hold.py FILE LAYER COLUMN=VALUE
"""

import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from qgis.core import QgsApplication, QgsVectorLayer


def main(file, name, change):
    app = QgsApplication([], False)
    app.initQgis()
    layer = QgsVectorLayer(f"{file}|layername={name}", name, "ogr")
    assert layer.isValid(), file
    column, _, value = change.partition("=")
    first = next(layer.getFeatures())
    assert layer.startEditing()
    assert layer.changeAttributeValue(first.id(), layer.fields().indexOf(column), value)
    print("open", os.path.exists(file + "-wal"), flush=True)
    sys.stdin.readline()
    assert layer.commitChanges(), layer.commitErrors()
    del layer
    print("saved", flush=True)
    os._exit(0)  # taking QGIS down while its objects live crashes some versions


if __name__ == "__main__":
    main(*sys.argv[1:])
