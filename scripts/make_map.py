"""Step 6: the interactive map of a plan folder, one file, no network.

python scripts/make_map.py plan-out map.html
"""

import sys
from pathlib import Path

from zoning.outputs import webmap
from zoning.store import load

folder, out = [*sys.argv[1:], "plan-out", "map.html"][:2]
print(webmap.write(load(folder), Path(out)))
