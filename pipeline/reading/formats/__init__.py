"""Workbooks of every format → grids of cells (see grid.py); which format, the content says."""
