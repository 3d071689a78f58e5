"""Every table there is: importing this declares them all."""

from sqlalchemy import MetaData

from bot import (
    identities,
    inbox,
    numbers,
    outbox,
    recipients,
    sessions,
    statuses,
    timers,
    webhooks,
)
from bot.replay import recordings
from services import tables
from services.ground.tables import Base

DECLARING = (
    identities,
    inbox,
    numbers,
    outbox,
    recipients,
    recordings,
    sessions,
    statuses,
    timers,
    webhooks,
    tables,
)
METADATA: MetaData = Base.metadata
