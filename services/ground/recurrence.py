"""Something that happens again and again: an RFC 5545 rule in somebody's own time zone.

09:00 stays 09:00 when the clocks change. A time that the clock jumps over happens as much later
as the clock jumped (02:30 at 03:30): a reminder is not lost to it. A time that comes twice
happens the first time.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

LONGEST = 500  # characters
LENGTHS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # days a month may have
HORIZON = timedelta(days=366 * 12)  # a rule without anything for so long has ended
_JUMP = timedelta(hours=3)  # no clock is put forward by more
_ALWAYS = frozenset("FREQ INTERVAL COUNT UNTIL WKST BYDAY BYHOUR BYMINUTE".split())
_OF_MONTHS = _ALWAYS | {"BYMONTH", "BYMONTHDAY", "BYSETPOS"}
_PARTS = {
    "HOURLY": _ALWAYS,
    "DAILY": _ALWAYS,
    "WEEKLY": _ALWAYS,
    "MONTHLY": _OF_MONTHS,
    "YEARLY": _OF_MONTHS,
}
"""What a rule may say, by its FREQ. Left out is what can make a rule that never comes true:
looking for its first time would go on day by day to the end of the calendar."""
_UNTIL = re.compile(r"UNTIL=(\d{8}T\d{6})Z")


class BadRecurrence(ValueError):
    """The rule or the zone cannot be used; str(e) says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time: by the clock on the wall there, and for everybody (UTC)."""

    local: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`rule` is an RRULE without its name ("FREQ=WEEKLY;BYDAY=MO"), with the parts of _PARTS;
    `starts` the first possible time by the clock on the wall in `zone` (IANA), without an offset.

    Raises BadRecurrence.
    """

    rule: str
    starts: datetime
    zone: str

    def __post_init__(self) -> None:
        if self.starts.tzinfo is not None:
            raise BadRecurrence("it starts at a time on the wall, without an offset")
        _parts(self.rule)
        self._zone()
        self._rule()

    def after(self, moment: datetime) -> Occurrence | None:
        """The first occurrence later than `moment` (aware); None when there is none any more."""
        found = self._from(moment)
        first = next(found, None)
        if first is None:
            return None
        soon = takewhile(lambda one: one.local <= first.local + _JUMP, found)
        return min((first, *soon), key=lambda one: one.at)

    def moved_to(self, occurrence: Occurrence) -> "Recurrence":
        """The same from there on, without counting through what is past."""
        if "COUNT" in _parts(self.rule):
            return self
        return replace(self, starts=occurrence.local)

    def _from(self, moment: datetime) -> Iterator[Occurrence]:
        zone = self._zone()
        here = moment.astimezone(zone).replace(tzinfo=None)
        for local in self._rule().xafter(here - _JUMP, inc=True):
            if local > max(here, self.starts) + HORIZON:
                return
            at = local.replace(tzinfo=zone).astimezone(UTC)
            if at > moment:
                yield Occurrence(local, at)

    def _zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError):
            raise BadRecurrence(f"there is no time zone {self.zone!r}") from None

    def _rule(self) -> rrule:
        words = _UNTIL.sub(self._local_until, self.rule)
        try:
            found = rrulestr(words, dtstart=self.starts)
            if not isinstance(found, rrule):
                raise BadRecurrence("it is several rules")
            return found
        except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
            raise BadRecurrence(f"it is not a rule of RFC 5545: {error}") from None

    def _local_until(self, until: re.Match[str]) -> str:
        """RFC 5545 gives the end in UTC; the rule is followed by the clock on the wall."""
        try:
            end = datetime.strptime(until[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        except ValueError as error:
            raise BadRecurrence(str(error)) from None
        return f"UNTIL={end.astimezone(self._zone()):%Y%m%dT%H%M%S}"


def _parts(rule: str) -> dict[str, str]:
    """Raises BadRecurrence for what is no rule, or happens more than hourly, or never."""
    if len(rule) > LONGEST or not re.fullmatch(r"[A-Z]+=[A-Z0-9,+-]+(;[A-Z]+=[A-Z0-9,+-]+)*", rule):
        raise BadRecurrence("it is not a rule of RFC 5545")
    pairs = [part.split("=") for part in rule.split(";")]
    parts = dict(pairs)
    known = _PARTS.get(parts.get("FREQ", ""))
    if known is None:
        raise BadRecurrence(f"FREQ is one of {', '.join(_PARTS)}")
    if len(parts) < len(pairs) or not known.issuperset(parts):
        raise BadRecurrence(f"beside {parts['FREQ']}, only each once of {', '.join(sorted(known))}")
    if "COUNT" in parts and "UNTIL" in parts:
        raise BadRecurrence("COUNT and UNTIL exclude each other")
    for name in ("INTERVAL", "COUNT"):
        if not (parts.get(name, "1").isdecimal() and 1 <= int(parts.get(name, "1")) <= 10_000):
            raise BadRecurrence(f"{name} is a number from 1 to 10000")
    _check_days(parts)
    if _never(parts):
        raise BadRecurrence("it never comes true")
    return parts


def _check_days(parts: dict[str, str]) -> None:
    """Which Monday (1MO, -1MO) is only asked within a month or a year."""
    which = "([+-]?[1-5])?" if "BYMONTH" in _PARTS[parts["FREQ"]] else ""
    for day in parts.get("BYDAY", "MO").split(","):
        if not re.fullmatch(f"{which}(MO|TU|WE|TH|FR|SA|SU)", day):
            raise BadRecurrence(f"{parts['FREQ']} knows no day {day}")
    for place in parts.get("BYSETPOS", "1").split(","):
        if not re.fullmatch("[+-]?[1-5]", place):
            raise BadRecurrence("BYSETPOS is a number from -5 to 5")


def _never(parts: dict[str, str]) -> bool:
    """Steps over the days it asks for, or asks for days that these months do not have."""
    if parts["FREQ"] in ("HOURLY", "DAILY") and "BYDAY" in parts:
        return parts.get("INTERVAL", "1") != "1"
    days, months = parts.get("BYMONTHDAY"), parts.get("BYMONTH")
    if days is None or months is None:
        return False
    longest = [LENGTHS[int(m)] for m in months.split(",") if m.isdecimal() and 1 <= int(m) <= 12]
    shortest = min(
        (abs(int(day)) for day in days.split(",") if day.lstrip("+-").isdecimal()), default=32
    )
    return shortest > max(longest, default=0)
