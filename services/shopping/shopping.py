"""The shop's public face: everything it can do, in one transaction, in one class."""

from services.shopping import ratings, stock, waiting
from services.shopping.assortment import Assortment
from services.shopping.catalogue import Catalogue
from services.shopping.checkout import Checkout
from services.shopping.day import Days
from services.shopping.proving import Proving
from services.shopping.ratings import RatingDrift
from services.shopping.reminding import Reminding
from services.shopping.reviews import Reviews
from services.shopping.search import Search
from services.shopping.sheets.keeping import Keeping
from services.shopping.sheets.requests import Requests
from services.shopping.stock import Drift
from services.shopping.taking_back import TakingBack
from services.shopping.waiting import Waiting


class Shopping(
    Catalogue,
    Search,
    Checkout,
    TakingBack,
    Proving,
    Assortment,
    Keeping,
    Requests,
    Days,
    Reviews,
    Waiting,
    Reminding,
):
    """The shop as one transaction sees it.

    Looking around is in catalogue.py and search.py, the cart in carts.py, what it comes to in
    quoting.py, ordering in checkout.py, vouchers in redeeming.py and vouchers.py, money in
    settling.py, lapsing.py, proving.py and returning.py, sending in dispatch.py, parcels.py and
    leaving_out.py, goods that come back in returns.py and taking_back.py, shelves in
    assortment.py, and by the hundred in sheets, figures in day.py, what buyers say in reviews.py,
    waiting for what is sold out in waiting.py, carts left behind in reminding.py, the life of an
    order in moves.py.
    """

    async def stock_drifts(self) -> list[Drift]:
        """Where the count of promised stock and the orders disagree; empty when all is well."""
        return await stock.drifts(self._tx)

    async def repair_stock(self) -> list[Drift]:
        """A job: set the counts to what the orders say. Returns what was wrong, to report."""
        found = await stock.repair(self._tx, self._now)
        freed = [drift.variant_id for drift in found]
        await waiting.tell(self._tx, self._now, self._facts, freed)
        return found

    async def rating_drifts(self) -> list[RatingDrift]:
        """Where a product does not show what its reviews say; empty when all is well."""
        return await ratings.drifts(self._tx)

    async def repair_ratings(self) -> list[RatingDrift]:
        """A job: let products show what their reviews say. Returns what was wrong, to report."""
        return await ratings.repair(self._tx)
