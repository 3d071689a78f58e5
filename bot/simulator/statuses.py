"""The webhook value of a status: who it is about, what it costs, why it failed, and the sender's
own words returned.
"""

from bot.simulator.graph_error import GraphError
from bot.simulator.people import Bubble, Person
from bot.simulator.shapes import Object, text


def status_value(
    metadata: Object, person: Person, bubble: Bubble, status: str, at: float
) -> Object:
    """A `value` with one status; a failed one comes without contacts, as Meta's do."""
    item: Object = {"id": bubble.id, "status": status, "timestamp": str(int(at))}
    if person.phone:
        item["recipient_id"] = person.phone
    item["recipient_user_id"] = person.user_id
    if words := text(bubble.source.get("biz_opaque_callback_data")):
        item["biz_opaque_callback_data"] = words
    if status in {"sent", "delivered"}:
        item["pricing"] = _pricing(bubble)
    if status == "failed":
        item["errors"] = [GraphError(131026).in_status()]
    value: Object = {"messaging_product": "whatsapp", "metadata": metadata}
    if status != "failed":
        value["contacts"] = [person.contact()]
    return value | {"statuses": [item]}


def _pricing(bubble: Bubble) -> Object:
    category = "utility" if bubble.source.get("type") == "template" else "service"
    return {
        "billable": True,
        "pricing_model": "PMP",
        "type": "regular",
        "category": category,
    }
