"""Scores the yearly assessment of county federations from the workbooks they return.

One straight line, each arrow a function from tables to tables:

    rulebook ─▶ template ┄ units fill it in ┄▶ folder of returns
    folder ─▶ raw returns ─▶ claims ─▶ checks ─▶ accepted claims ─▶ points ─▶ outcome ─▶ outputs

`docs/design.md` has the map of the rooms.
"""

import os

__version__ = "1.1.0"

# The same bytes and the same errors whether lxml happens to be installed or not.
os.environ.setdefault("OPENPYXL_LXML", "False")
