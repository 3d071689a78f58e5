"""Quiet hours: minutes of the day in which somebody is told nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = 24 * 60  # minutes


@dataclass(frozen=True, slots=True)
class Quiet:
    """From one minute of the day until before another; from > until goes over midnight."""

    start: int
    end: int

    def until(self, moment: datetime, time_zone: str) -> datetime | None:
        """When the quiet ends that holds at `moment` (aware); None when it is not quiet. By the
        clock on the wall in `time_zone` (IANA)."""
        here = moment.astimezone(ZoneInfo(time_zone))
        minute = here.hour * 60 + here.minute
        if (minute - self.start) % DAY >= (self.end - self.start) % DAY:
            return None
        day = here.date() + timedelta(days=minute >= self.end)
        over = datetime.combine(day, time(*divmod(self.end, 60)), here.tzinfo)
        return over.astimezone(UTC)
