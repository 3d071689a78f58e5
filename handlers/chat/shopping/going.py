"""What every question of checkout knows: which sellers bring what they sell, and where roughly."""

from typing import Any

from pydantic import model_validator

from bot.dialog import Step


class Going(Step):
    """A question in the middle of checkout. What its seller brings to no zone is fetched."""

    zones: tuple[int, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_one_seller(cls, stored: Any) -> Any:
        """Sessions of before there could be several have one zone, or none."""
        if not isinstance(stored, dict) or "zone_id" not in stored:
            return stored
        zone = stored["zone_id"]
        others = {name: value for name, value in stored.items() if name != "zone_id"}
        return others | {"zones": () if zone is None else (zone,)}
