"""What is told to a person about what they agreed to."""

from typing import ClassVar

from services.ground.facts import Fact


class MarketingRefused(Fact):
    """The provider would not bring a person our offer, as they want none: a stop like any."""

    tag: ClassVar[str] = "people.marketing_refused"
    outbox_id: int  # the bubble that was refused
