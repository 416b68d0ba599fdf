"""`summary.html`: the outcome as one page for the meeting."""
