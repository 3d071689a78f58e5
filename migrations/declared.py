"""Every table there is: importing this declares them all."""

from sqlalchemy import MetaData

from bot import (
    attachments,
    handover,
    holds,
    identities,
    inbox,
    numbers,
    outbox,
    recipients,
    sessions,
    statuses,
    timers,
    uploads,
    webhooks,
)
from bot.replay import recordings
from services import tables
from services.ground.tables import Base

DECLARING = (
    attachments,
    handover,
    holds,
    identities,
    inbox,
    numbers,
    outbox,
    recipients,
    recordings,
    sessions,
    statuses,
    timers,
    uploads,
    webhooks,
    tables,
)
METADATA: MetaData = Base.metadata
