"""What the simulator is told at its start: the number it plays, its secrets, and where the
product listens.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Role = Literal["person", "business"]


@dataclass(frozen=True)
class DemoPerson:
    """A phone that is there from the first start; without `phone` a person known only by a
    username.
    """

    name: str
    phone: str | None = None
    role: Role = "person"


@dataclass(frozen=True)
class TemplateSeed:
    """A message template that counts as approved; `body` may hold {{1}}, {{2}} …; `buttons` are
    quick replies.
    """

    name: str
    language: str
    body: str
    category: str = "UTILITY"
    buttons: tuple[str, ...] = ()


@dataclass(frozen=True)
class SimulatorConfig:
    """The world the simulator plays.

    `product_url` is where webhooks go, `public_url` how a browser reaches the simulator.
    `journal` is the file that what phones show is kept in; None keeps it in memory only
    (benchmarks).
    """

    phone_number_id: str
    display_phone_number: str
    business_name: str
    waba_id: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    stripe_key: str = field(repr=False)
    stripe_webhook_secret: str = field(repr=False)
    product_url: str
    public_url: str
    phonepe_client_id: str = ""
    phonepe_client_secret: str = field(default="", repr=False)
    phonepe_webhook: str = field(default="", repr=False)  # username:password
    mpesa_consumer_key: str = ""
    mpesa_consumer_secret: str = field(default="", repr=False)
    mpesa_shortcode: str = ""
    mpesa_passkey: str = field(default="", repr=False)
    journal: Path | None = None
    demo_people: tuple[DemoPerson, ...] = ()
    templates: tuple[TemplateSeed, ...] = ()
