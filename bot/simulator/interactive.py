"""The limits of interactive messages: buttons, lists, links, requests, flows and products."""

from collections.abc import Callable
from typing import Final

from bot.simulator.graph_error import GraphError
from bot.simulator.limit_rules import counted, different, invalid, missing, sized, web_link
from bot.simulator.shapes import Object, obj, objects, text

HEADERS: Final[dict[str, tuple[str, ...]]] = {
    "button": ("text", "image", "video", "document"),
    "cta_url": ("text", "image", "video", "document"),
    "list": ("text",),
    "flow": ("text",),
    "product_list": ("text",),
}
NO_BODY_NEEDED: Final = ("product",)


def check_interactive(interactive: Object) -> None:
    """Refuse an interactive object that the Cloud API would refuse; raises GraphError."""
    kind = text(interactive.get("type"))
    check = CHECKS.get(kind)
    if check is None:
        raise invalid("interactive['type']", f"must be one of {{{', '.join(CHECKS)}}}")
    _check_body(kind, interactive)
    _check_header(kind, interactive)
    if "footer" in interactive:
        sized("Footer text", obj(interactive["footer"]).get("text"), 60)
    check(obj(interactive.get("action")))


def _check_body(kind: str, interactive: Object) -> None:
    words = text(obj(interactive.get("body")).get("text"))
    if not words.strip() and kind not in NO_BODY_NEEDED:
        raise missing("interactive['body']['text']")
    if words:
        sized("Body text", words, 4096 if kind == "list" else 1024)


def _check_header(kind: str, interactive: Object) -> None:
    if "header" not in interactive:
        return
    header = obj(interactive["header"])
    shape = text(header.get("type"))
    if shape not in HEADERS.get(kind, ()):
        raise invalid("interactive['header']['type']", f"is not supported for type {kind}")
    if shape == "text":
        sized("Header text", header.get("text"), 60)
        return
    media = obj(header.get(shape))
    if bool(media.get("id")) == bool(media.get("link")):
        raise missing(f"interactive['header']['{shape}']")


def _button(action: Object) -> None:
    buttons = objects(action.get("buttons"))
    counted("buttons", buttons, 3)
    replies = [obj(button.get("reply")) for button in buttons]
    if any(button.get("type") != "reply" for button in buttons):
        raise invalid("interactive['action']['buttons']['type']", "must be 'reply'")
    different("button id", [sized("Button id", reply.get("id"), 256) for reply in replies])
    different("button title", [sized("Button title", reply.get("title"), 20) for reply in replies])


def _list(action: Object) -> None:
    sized("Button label", action.get("button"), 20)
    sections = objects(action.get("sections"))
    counted("sections", sections, 10)
    if len(sections) > 1:
        for section in sections:
            sized("Section title", section.get("title"), 24)
    elif sections[0].get("title"):
        sized("Section title", sections[0]["title"], 24)
    rows = [row for section in sections for row in objects(section.get("rows"))]
    counted("rows", rows, 10)
    different("row id", [sized("Row id", row.get("id"), 200) for row in rows])
    for row in rows:
        sized("Row title", row.get("title"), 24)
        if row.get("description"):
            sized("Row description", row["description"], 72)


def _cta_url(action: Object) -> None:
    _named(action, "cta_url")
    parameters = obj(action.get("parameters"))
    sized("Display text", parameters.get("display_text"), 20)
    web_link("interactive['action']['parameters']['url']", parameters.get("url"))


def _location_request(action: Object) -> None:
    _named(action, "send_location")


def _flow(action: Object) -> None:
    _named(action, "flow")
    parameters = obj(action.get("parameters"))
    if str(parameters.get("flow_message_version")) != "3":
        raise invalid("interactive['action']['parameters']['flow_message_version']", "must be '3'")
    if not (parameters.get("flow_id") or parameters.get("flow_name")):
        raise missing("interactive['action']['parameters']['flow_id']")
    sized("Flow CTA", parameters.get("flow_cta"), 30)


def _product(action: Object) -> None:
    for name in ("catalog_id", "product_retailer_id"):
        if not text(action.get(name)):
            raise missing(f"interactive['action']['{name}']")


def _product_list(action: Object) -> None:
    if not text(action.get("catalog_id")):
        raise missing("interactive['action']['catalog_id']")
    sections = objects(action.get("sections"))
    counted("sections", sections, 10)
    products = [item for each in sections for item in objects(each.get("product_items"))]
    counted("products", products, 30)


def _contact_request(action: Object) -> None:
    if text(action.get("name")) not in {"request_contact_info", "contact_request"}:
        raise GraphError(131009, "interactive['action']['name'] must be request_contact_info")


def _named(action: Object, name: str) -> None:
    if action.get("name") != name:
        raise invalid("interactive['action']['name']", f"must be '{name}'")


CHECKS: Final[dict[str, Callable[[Object], None]]] = {
    "button": _button,
    "list": _list,
    "cta_url": _cta_url,
    "location_request_message": _location_request,
    "flow": _flow,
    "product": _product,
    "product_list": _product_list,
    "contact_request": _contact_request,
    "request_contact_info": _contact_request,
}
