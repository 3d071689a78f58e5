"""The figures the program keeps of itself, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

RECEIVED = Counter("inbox_received", "Messages and facts stored, each once")
ANSWERED = Counter("inbox_answered", "Messages whose turn is over")
IGNORED = Counter("inbox_ignored", "Messages nobody needs to answer, by reason", ["reason"])
PARKED = Counter("inbox_parked", "Messages set aside after failing", ["reason"])
FLUSHED = Histogram(
    "inbox_flush_deliveries",
    "Webhook deliveries written by one commit",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
REFUSED = Counter("webhook_refused", "Webhook requests turned away", ["channel", "reason"])
TURN_SECONDS = Histogram(
    "turn_seconds",
    "How long a turn took",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 10),
)
TURN_FAILED = Counter("turn_failed", "Turns rolled back", ["error"])
UNREADABLE = Counter("session_unreadable", "Sessions this release could not read")
SENT = Counter("outbox_sent", "Messages handed to the provider, by outcome", ["outcome"])
STATUSES = Counter("outbox_statuses", "Status updates, by status", ["status"])
BACKLOG = Gauge("backlog", "Rows waiting, by table", ["table"])
OLDEST = Gauge("backlog_oldest_seconds", "Age of the oldest row waiting, by table", ["table"])
TIMERS_FIRED = Counter("timers_fired", "Timers that came due")
