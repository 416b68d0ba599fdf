"""The sheets of `ranking.xlsx`; `pipeline.ranking.workbook` puts them together."""
