"""Every service's tables, imported once."""

import services.businesses.tables
import services.ground.people
import services.ledger.tables
import services.payments.tables
import services.people.tables
import services.shopping.tables
import services.wallet.tables  # noqa: F401  (importing declares them)
