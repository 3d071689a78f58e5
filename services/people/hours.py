"""When people may be written to who have not asked for it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

MORNING, EVENING = 9, 20  # hours of the person's own day


def decent(at: datetime, time_zone: str) -> datetime:
    """That time if it is in somebody's day there (IANA zone), else the next morning."""
    here = at.astimezone(ZoneInfo(time_zone))
    if MORNING <= here.hour < EVENING:
        return at
    late = here.hour >= EVENING
    day = here.date() + timedelta(days=1 if late else 0)
    return datetime(day.year, day.month, day.day, MORNING, tzinfo=here.tzinfo).astimezone(at.tzinfo)
