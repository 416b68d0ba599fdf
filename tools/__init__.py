"""What makes samples, pictures and figures; not needed to score."""

import pipeline  # noqa: F401  # first of all: it says how openpyxl is to write
