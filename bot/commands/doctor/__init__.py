"""`bot doctor`: looks at everything the program needs, and says what to do."""

from collections.abc import Sequence
from dataclasses import asdict

import aiohttp
import orjson

from bot.commands.doctor import database, machine
from bot.commands.doctor.finding import Finding, Level, wrong
from bot.commands.doctor.providers import Providers, Wanted
from bot.settings import Settings

__all__ = ["Finding", "Wanted", "as_json", "as_text", "examine", "is_well", "of_settings"]

_MARKS = {Level.OK: "✓", Level.NOTE: "•", Level.WRONG: "✗"}


async def examine(settings: Settings, wanted: Sequence[Wanted]) -> list[Finding]:
    """Everything found, in the order of the report. `wanted` are the templates we send."""
    found = [*machine.look(settings), *await database.look(settings)]
    async with aiohttp.ClientSession() as http:
        return found + await Providers(settings, http, wanted).look()


def of_settings(error: str) -> list[Finding]:
    """Settings that cannot be used at all: each line names one."""
    return [
        wrong("settings", line, "Mend it in the environment or .env.") for line in error.split("\n")
    ]


def is_well(found: Sequence[Finding]) -> bool:
    return all(finding.level is not Level.WRONG for finding in found)


def as_json(found: Sequence[Finding]) -> str:
    report = {"well": is_well(found), "findings": [asdict(finding) for finding in found]}
    return orjson.dumps(report, option=orjson.OPT_INDENT_2).decode()


def as_text(found: Sequence[Finding]) -> str:
    lines: list[str] = []
    for finding in found:
        lines.append(f"{_MARKS[finding.level]} {finding.subject:<15} {finding.says}")
        if finding.advice:
            lines.append(f"  {'':<15} → {finding.advice}")
    ends = {True: "All is well.", False: "Something is wrong: see the lines with ✗."}
    return "\n".join([*lines, "", ends[is_well(found)]])
