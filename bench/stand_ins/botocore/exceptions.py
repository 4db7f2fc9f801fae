"""The errors that program and provider tell apart; only ClientError is ever raised."""

from typing import Any


class BotoCoreError(Exception):
    pass


class HTTPClientError(BotoCoreError):
    pass


class ReadTimeoutError(HTTPClientError):
    pass


class ConnectionError(BotoCoreError):
    pass


class EndpointConnectionError(ConnectionError):
    pass


class ProfileNotFound(BotoCoreError):
    pass


class ClientError(Exception):
    def __init__(self, error_response: Any, operation_name: str) -> None:
        self.response, self.operation_name = error_response, operation_name
