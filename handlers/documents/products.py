"""What is wrong with a file of products, in words: for the chat, the command line, the report."""

import io

from bot.language import _, speaking
from services.shopping.sheets import BadFile, Problem

REPORT_COLUMNS = ("line", "sku", "column", "problem")


def problem(found: Problem) -> str:
    """One sentence that says what to mend."""
    return _of_cell(found) or _of_product(found) or found.why


def _of_cell(found: Problem) -> str | None:
    given, column = found.given, found.column
    match found.why:
        case "no sku":
            said = _("the SKU is missing")
        case "sku twice":
            said = _("this SKU stands in line {given} already")
        case "shortened":
            said = _("{given} is a number that a spreadsheet has shortened: write it out as text")
        case "too long":
            said = _("{column} has more than {given} characters")
        case "formula":
            said = _("{column} is a formula: put its result there instead")
        case "error":
            said = _("{column} holds an error of the spreadsheet")
        case "date":
            said = _("the spreadsheet took {column} for a date: make the column text")
        case "not a number":
            said = _("{column} is “{given}”, which I cannot read as a number")
        case "two ways":
            said = _("{column} is “{given}”, which can mean two amounts: write it like 1250.00")
        case "currency":
            said = _("{column} is in “{given}”, which is not the shop's currency")
        case "too fine":
            said = _("{column} is {given}, which is finer than the currency's smallest coin")
        case "negative":
            said = _("{column} is {given}, which is less than nothing")
        case "too much" | "too many":
            said = _("{column} is {given}, which is more than I can keep")
        case "not whole":
            said = _("{column} is {given}: it must be a whole number")
        case "yes or no":
            said = _("{column} is “{given}”: write yes or no")
        case "category":
            said = _("category is “{given}”: write it like Food > Fruit")
        case "picture":
            said = _("“{given}” is no name of a picture: write it like shirt.jpg")
        case _other:
            return None
    return said.format(column=column, given=given)


def _of_product(found: Problem) -> str | None:
    match found.why:
        case "new without name":
            said = _("there is no product with this SKU yet, and a new one needs a name")
        case "new without price":
            said = _("there is no product with this SKU yet, and a new one needs a price")
        case "of another product":
            said = _("this SKU is a variant of {given} already")
        case "has variants":
            said = _("this product has variants: use their SKUs ({given})")
        case "same variant":
            said = _("another SKU of this product is called “{given}” already")
        case "variant without title":
            said = _("a further variant needs a name in the column variant")
        case "promised":
            said = _("{given} are promised to orders: the stock cannot be less")
        case "former price":
            said = _("compare_at_price must be higher than the price")
        case _other:
            return None
    return said.format(given=found.given)


def ended(why: BadFile) -> str:
    """Why a file was not read, or not to its end."""
    match why.why:
        case "no sku column":
            said = _("The first line must name the columns, and one of them must be sku.")
        case "column twice":
            said = _("The column {given} is there twice.")
        case "empty":
            said = _("The file is empty.")
        case "file too large":
            said = _("The file is larger than {given} MB: split it.")
        case "unpacks too large":
            said = _("The workbook becomes far too large when unpacked.")
        case "too many lines":
            said = _("The file has more than {given} lines: split it.")
        case "cell too large":
            said = _("In line {line} a cell has more than {given} characters. Is a quote missing?")
        case "quotes":
            said = _("In line {line} a quote is missing, or one too many.")
        case "encoding":
            said = _("Line {line} is not UTF-8: save the file as “CSV UTF-8”, or as .xlsx.")
        case "failed":
            said = _("I could not take this file in, sorry. Please send it once more.")
        case "not text":
            said = _("This is neither a CSV file nor an Excel workbook (.xlsx).")
        case _other:
            said = _("The Excel workbook cannot be read: save it anew as .xlsx, or as CSV.")
    return said.format(given=why.given, line=why.line)


def report(problems: tuple[Problem, ...], language: str) -> bytes:
    """Every problem as an Excel workbook."""
    import xlsxwriter

    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    sheet = book.add_worksheet("Problems")
    sheet.write_row(0, 0, REPORT_COLUMNS)
    sheet.set_column(3, 3, 80)
    with speaking(language):
        for row, found in enumerate(problems, start=1):
            sheet.write_number(row, 0, found.line)
            for place, words in enumerate((found.sku, found.column, problem(found)), start=1):
                sheet.write_string(row, place, words)
    book.close()
    return content.getvalue()
