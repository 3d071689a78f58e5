"""The ledger, as commands write it: the trial balance, and what businesses are to get."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import orjson

from services.ground.money import decimals

SUMS = ("sold", "refunded", "fees", "in_cash", "owed")


def amount(minor: int, currency: str) -> str:
    """Minor units as a person writes them: "-1,234.50"."""
    places = decimals(currency)
    return f"{Decimal(minor).scaleb(-places):,.{places}f}"


def trial_text(trials: Sequence[Any], wrong: Sequence[Any]) -> str:
    lines = []
    for trial in trials:
        sums = [*trial.kinds.items(), ("total", trial.total)]
        lines += [trial.currency, *(_line(what, each, trial.currency) for what, each in sums)]
    lines += [
        f"{each.account}: the balance is {each.balance}, its entries come to {each.entered}"
        for each in wrong
    ]
    well = not wrong and not any(trial.total for trial in trials)
    lines.append("The books are in balance." if well else "The books are NOT in balance.")
    return "\n".join(lines)


def _line(what: str, minor: int, currency: str) -> str:
    return f"  {what:<16}{amount(minor, currency):>20}"


def trial_json(trials: Sequence[Any], wrong: Sequence[Any]) -> str:
    currencies = {
        trial.currency: {str(kind): each for kind, each in trial.kinds.items()}
        | {"total": trial.total}
        for trial in trials
    }
    told = {"currencies": currencies, "differences": [asdict(each) for each in wrong]}
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def payouts_text(found: Sequence[Any]) -> str:
    """A line for each business and currency."""
    if not found:
        return "No business has sold anything yet."
    head = f"{'business':<28}{'':<4}" + "".join(f"{name:>18}" for name in SUMS)
    return "\n".join([head, *(_payout(line.slug, line.payout) for line in found)])


def _payout(slug: str, each: Any) -> str:
    sums = (amount(getattr(each, name), each.currency) for name in SUMS)
    return f"{slug:<28}{each.currency:<4}" + "".join(f"{one:>18}" for one in sums)


def payouts_json(found: Sequence[Any]) -> str:
    told = [{"business": line.slug, **asdict(line.payout)} for line in found]
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()
