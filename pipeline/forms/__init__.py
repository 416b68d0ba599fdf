"""The empty workbooks that people fill in: intake template and office register."""
