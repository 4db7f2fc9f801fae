"""A name that types are said with."""


class BaseClient:
    pass
