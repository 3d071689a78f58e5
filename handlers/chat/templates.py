"""The approved templates this product uses, as they are registered with the provider.

They say the same as the bubble they replace, for people whose 24-hour window is closed.
The buttons are quick replies and carry the ids of the bubble's own buttons, in order.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Approved:
    """`body` holds {{1}}, {{2}}, … for the parameters; `buttons` are quick replies."""

    name: str
    language: str
    body: str
    buttons: tuple[str, ...] = ()
    category: str = "UTILITY"


TEMPLATES: tuple[Approved, ...] = (
    Approved(
        "order_new",
        "en",
        "New order {{1}}: {{2}}. Total {{3}}.",
        ("Accept", "Cancel the order", "Show the order"),
    ),
    Approved(
        "order_new",
        "sw",
        "Oda mpya {{1}}: {{2}}. Jumla {{3}}.",
        ("Kubali", "Ghairi oda", "Onyesha oda"),
    ),
    Approved("order_update", "en", "News of your order: {{1}}", ("Show the order",)),
    Approved("order_update", "sw", "Habari za oda yako: {{1}}", ("Onyesha oda",)),
    Approved("question_new", "en", "{{1}} asks {{2}}: {{3}}", ("Reply",)),
    Approved("question_new", "sw", "{{1}} anauliza {{2}}: {{3}}", ("Jibu",)),
    Approved("question_answered", "en", "{{1}} answers you: {{2}}", ("Reply",)),
    Approved("question_answered", "sw", "{{1}} anakujibu: {{2}}", ("Jibu",)),
)
