"""The one error every service shares: what is not yours is not there."""


class NotFound(LookupError):
    """There is nothing here by that name."""

    def __init__(self, what: str = "") -> None:
        super().__init__(f"{self.__doc__} ({what})" if what else self.__doc__)
        self.what = what
