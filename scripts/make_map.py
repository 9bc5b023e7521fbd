"""Step 6: the interactive map of a plan folder, one file, no network.

python scripts/make_map.py PLAN_FOLDER map.html
"""

import sys

import zoning as zn

print(zn.map(sys.argv[1], sys.argv[2]))
