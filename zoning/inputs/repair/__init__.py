"""What can be mended without guessing, one function per finding: a frame in, a frame and a log out.

The planner's files are never touched; `zoning check --fix DIR` writes copies.
"""
