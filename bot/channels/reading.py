"""Understanding what came on a number of any kind, and cutting what goes out: all that a
turn needs of a channel, so that a worker can answer on numbers it has no client for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels import cloud_in, cloud_out, green_in, green_out
from bot.dialog.reply import Reply
from bot.dialog.said import Said

TERMINAL = "terminal"  # the kind of the "number" that `bot chat` answers on


@dataclass(frozen=True, slots=True)
class Reading:
    """`read` a stored update; the `parts` a bubble is sent in."""

    read: Callable[[dict[str, Any]], Said]
    parts: Callable[[Reply], list[Reply]]


READINGS: Mapping[str, Reading] = {
    "cloud": Reading(cloud_in.read, cloud_out.parts),
    "greenapi": Reading(green_in.read, lambda reply: green_out.parts(reply, green_out.HINT)),
    TERMINAL: Reading(cloud_in.read, cloud_out.parts),  # it says things as the Cloud API does
}
