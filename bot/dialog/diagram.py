"""A conversation drawn from its steps: Mermaid, for the README and for whoever asks."""

from bot.dialog.dialog import Dialog
from bot.dialog.edges import edges


def mermaid(dialog: Dialog, service: str) -> str:
    """The steps of one service (the first part of their tags), and where they lead.

    Raises LookupError when no step belongs to the service.
    """
    found = edges(dialog)
    own = [cls.tag for cls in dialog.steps if _service(cls.tag) == service]
    if not own:
        raise LookupError(service)
    beyond = sorted({to for tag in own for to in found.leads[tag] if to not in own})
    names = {cls.tag: cls.__name__ for cls in dialog.steps}
    lines = ["flowchart TD"]
    lines += [f"    {_id(tag)}[{_words(names[tag])}]" for tag in own]
    lines += [f"    {_id(tag)}([{_words(names[tag])}])" for tag in beyond]
    lines += [
        f"    {_id(tag)} {'-->' if to in own else '-.->'} {_id(to)}"
        for tag in own
        for to in sorted(found.leads[tag])
        if to != tag
    ]
    return "\n".join(lines) + "\n"


def services(dialog: Dialog) -> list[str]:
    """What can be drawn."""
    return sorted({_service(cls.tag) for cls in dialog.steps})


def _service(tag: str) -> str:
    return tag.partition(".")[0]


def _id(tag: str) -> str:
    return tag.replace(".", "_").replace("-", "_")


def _words(name: str) -> str:
    """MyOrders as "My orders"."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return spaced.strip().capitalize()
