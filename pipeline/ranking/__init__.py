"""The sheets of `ranking.xlsx`; `pipeline.workbook` puts them together."""
