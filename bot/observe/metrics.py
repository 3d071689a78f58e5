"""The figures one process keeps of itself, for Prometheus.

What the database knows for all processes together is in `figures`. On the way of every
message a labelled child is looked up once and kept: the small functions below.
"""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

# The time each figure was first used would double the lines, and nobody asks.
disable_created_metrics()  # type: ignore[no-untyped-call]

QUICK = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 10)  # seconds

# -- coming in
HTTP_SECONDS = Histogram(
    "http_request_seconds",
    "How long a request took, webhooks among them",
    ["route", "status"],
    buckets=QUICK,
)
REFUSED = Counter("webhook_refused", "Webhook requests turned away", ["channel", "reason"])
STORED = Counter("webhooks_stored", "Webhook requests on disk")
FLUSHED = Histogram(
    "webhooks_flush",
    "Webhook requests written by one commit",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
RECEIVED = Counter("inbox_received", "Messages taken out of webhooks, each once")
STATUSES = Counter("outbox_statuses", "Status updates, by status", ["status"])

# -- turns
ANSWERED = Counter("inbox_answered", "Messages whose turn is over")
IGNORED = Counter("inbox_ignored", "Messages nobody needs to answer, by reason", ["reason"])
PARKED = Counter("inbox_parked", "Messages set aside after failing", ["reason"])
TURN_SECONDS = Histogram("turn_seconds", "How long a turn took", buckets=QUICK)
TURN_FAILED = Counter("turn_failed", "Turns rolled back", ["error"])
UNREADABLE = Counter("session_unreadable", "Sessions this release could not read")
UNRECORDED = Counter("turn_unrecorded", "Turns that were to be recorded and could not", ["error"])
TIMERS_FIRED = Counter("timers_fired", "Timers that came due")
FILES = Counter("files_fetched", "Files people sent, by what became of them", ["outcome"])

# -- going out
SENT = Counter(
    "outbox_sent",
    "Tries to send, by outcome and the provider's code (0: none)",
    ["outcome", "code"],
)

HELD = Counter(
    "outbox_held",
    "Times a number, its bulk or a template was held back, by what the code meant",
    ["action"],
)

# -- the process
LOOP_LAG = Histogram(
    "event_loop_lag_seconds", "How much later than asked the event loop woke up", buckets=QUICK
)
POOL = Gauge("database_pool_connections", "Connections of this process", ["pool", "state"])


@cache
def http_seconds(route: str, status: int) -> Histogram:
    return HTTP_SECONDS.labels(route, status)


@cache
def ignored(reason: str) -> Counter:
    return IGNORED.labels(reason)


@cache
def sent(outcome: str, code: int) -> Counter:
    return SENT.labels(outcome, code)


@cache
def status_came(status: str) -> Counter:
    return STATUSES.labels(status)


def held(action: str) -> Counter:
    return HELD.labels(action)
