"""Nothing is read from a profile, and a client's answers are known."""

from types import SimpleNamespace
from typing import Any

import boto3


class Session:
    def __init__(self, profile: str | None = None) -> None:
        pass

    def set_config_variable(self, name: str, value: str) -> None:
        pass

    def get_component(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(set_parser_defaults=lambda **_: None)

    def create_client(self, service: str, config: Any, **connecting: Any) -> Any:
        session: Any = boto3.Session()  # of these stand-ins
        return session.client(service, config)
