"""Nothing is read from a profile."""


class Session:
    def __init__(self, profile: str | None = None) -> None:
        pass
