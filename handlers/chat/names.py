"""What people are called, to themselves and to others."""


def first_name(name: str) -> str:
    return next(iter(name.split()), name)
