"""What M-Pesa's callbacks and answers mean.

Sources: developer.safaricom.co.ke, "M-Pesa Express Simulate" and "M-Pesa Express Query"; result
codes come as numbers or as text.
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from services.payments.phonepe_words import mark_of
from services.payments.provider import (
    Came,
    Hint,
    Mark,
    Nothing,
    Raw,
    Refused,
    Waiting,
    Word,
)

PAID = "0"
WORKING = frozenset({"4999"})  # the person is being asked
WHY = {
    "1": "insufficient",
    "1019": "too late",
    "1032": "cancelled",
    "1037": "no answer",
    "2001": "wrong PIN",
}


def _code(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Code = Annotated[str, Field(max_length=32), BeforeValidator(_code)]
Id = Annotated[str, Field(min_length=1, max_length=200)]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Granted(_Shape):
    """The answer to the token call; the life, in seconds, comes as text."""

    access_token: Annotated[str, Field(min_length=1)]
    expires_in: float


class Prompted(_Shape):
    """The answer to an STK push."""

    session: Annotated[Id, Field(alias="CheckoutRequestID")]


class Result(_Shape):
    """How a prompt ended: a callback's core, and the answer to a query."""

    session: Annotated[Id, Field(alias="CheckoutRequestID")]
    code: Annotated[Code, Field(alias="ResultCode")]


def result_of(body: Any) -> Result:
    """The core of a callback. Raises ValueError."""
    try:
        return Result.model_validate(body["Body"]["stkCallback"])
    except (KeyError, TypeError) as error:
        raise ValueError("not a callback") from error


def query_word(raw: Raw, session: str) -> Word:
    """How a prompt stands, as the query tells. It names no amount: what was asked, or nothing."""
    code = Result.model_validate(raw).code
    mark = Mark(session=session)
    if code == PAID:
        return Came(mark, None)
    if code in WORKING:
        return Waiting(mark)
    return Refused(mark, WHY.get(code, f"result {code}"))


def event_word(raw: Raw) -> Word:
    """What a callback is about: which attempt, as the address says that only we knew."""
    mark = mark_of(raw.get("key"))
    try:
        session = result_of(raw).session
    except ValueError as error:
        return Nothing(f"cannot be read: {type(error).__name__}")
    if mark is None:
        return Nothing("a prompt not asked for here")
    return Hint(Mark(mark.payment, mark.attempt, session))
