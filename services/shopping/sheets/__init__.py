"""Products in files: CSV and Excel, read line by line into the shop, and written from it."""

from services.shopping.sheets.cells import Unusable
from services.shopping.sheets.columns import COLUMNS, BadFile, Problem, Row
from services.shopping.sheets.exporting import export_products
from services.shopping.sheets.importing import Importer, Report
from services.shopping.sheets.keeping import Own
from services.shopping.sheets.putting import Put, Sheets

__all__ = [
    "COLUMNS",
    "BadFile",
    "Importer",
    "Own",
    "Problem",
    "Put",
    "Report",
    "Row",
    "Sheets",
    "Unusable",
    "export_products",
]
