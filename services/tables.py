"""Every service's tables, imported once."""

import services.ground.people
import services.payments.tables
import services.people.tables  # noqa: F401  (importing declares them)
