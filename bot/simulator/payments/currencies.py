"""Minor units of money as Stripe takes them: how many digits, how small, how written on the
checkout page.
"""

from typing import Final

ZERO_DECIMAL: Final = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split()
)
THREE_DECIMAL: Final = frozenset("bhd jod kwd omr tnd".split())
# Charged with two digits which must be 00 (Stripe: special cases).
WHOLE_ONLY: Final = frozenset("isk ugx".split())
TWO_DECIMAL: Final = frozenset(
    (
        "aed all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp bzd cad cdf "
        "chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel ghs gip gmd gtq gyd hkd "
        "hnl htg huf idr ils inr jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt "
        "mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd "
        "sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah usd uyu uzs "
        "wst xcd yer zar zmw"
    ).split()
)
# The least that may be charged, in minor units; the rest must only be more than nothing.
MINIMUM: Final[dict[str, int]] = {
    **dict.fromkeys("usd aud brl cad chf eur inr nzd sgd jpy".split(), 50),
    "gbp": 30,
    "zar": 100,
    "aed": 200,
    "hkd": 400,
    "mxn": 1000,
}


def known(currency: str) -> bool:
    return currency in ZERO_DECIMAL | THREE_DECIMAL | WHOLE_ONLY | TWO_DECIMAL


def digits(currency: str) -> int:
    """How many digits stand after the point."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def charge_fault(amount: int, currency: str) -> str | None:
    """Why an amount in minor units cannot be charged, in Stripe's words; None when it can."""
    if amount < MINIMUM.get(currency, 1):
        least = shown(MINIMUM.get(currency, 1), currency)
        return f"The Checkout Session's total amount due must add up to at least {least}"
    if currency in THREE_DECIMAL and amount % 10:
        return f"Invalid amount for {currency}: the least-significant digit must be 0"
    if currency in WHOLE_ONLY and amount % 100:
        return f"Invalid amount for {currency}: the amount must be divisible by 100"
    return None


def shown(amount: int, currency: str) -> str:
    """An amount for people: grouped thousands, the right number of digits, the currency's code."""
    places = digits(currency)
    whole, part = divmod(amount, 10**places)
    tail = f".{part:0{places}d}" if places else ""
    return f"{currency.upper()} {whole:,}{tail}"
