"""Who calls: what the access key of a request says of an account, and the temporary credentials that a role gave.

A key of the sandbox names its account, as AWS's keys do for AWS. Signatures are not checked. Who may assume which role
is in sts.py.
"""

import itertools
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.aws.world import ACCOUNT, AwsError, Params

LASTING, TEMPORARY = "AKIA", "ASIA"  # how a key of a user begins, and one of a role's session
SECRET = "test"


@dataclass(frozen=True)
class Caller:
    """Who signed a request."""

    account: str
    arn: str
    id: str  # AWS's unique id
    temporary: bool = False  # a role's session


def access_key(account: str) -> str:
    """The key of the one user that every account of a sandbox has."""
    return f"{LASTING}{account}USER"


def user(account: str = ACCOUNT) -> Caller:
    return Caller(account, f"arn:aws:iam::{account}:user/sandbox", "AIDASANDBOX0000000000")


def account_of(key: str) -> str:
    """The account that the key names; this one for a key that names none, such as "test"."""
    named = key[4:16] if key.startswith((LASTING, TEMPORARY)) else ""
    return named if named.isdigit() and len(named) == 12 else ACCOUNT


@dataclass(frozen=True)
class Credentials:
    """What AssumeRole gives."""

    key: str
    token: str
    expires: float  # epoch seconds
    caller: Caller


@dataclass
class Sessions:
    """The temporary credentials that the roles of this account gave. Safe to use from many threads."""

    clock: Callable[[], float] = time.time
    _given: dict[str, Credentials] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def give(self, role: str, name: str, seconds: float) -> Credentials:
        """Credentials of a session of that name, of the role of that name."""
        with self._lock:
            key = f"{TEMPORARY}{ACCOUNT}{next(self._numbers):04X}"
            arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"
            caller = Caller(ACCOUNT, arn, f"AROASANDBOX0000000000:{name}", temporary=True)
            given = Credentials(key, secrets.token_urlsafe(32), self.clock() + seconds, caller)
            self._given[key] = given
            return given

    def caller(self, key: str, token: str, query: bool) -> Caller:
        """Whose the key is. Raises AwsError, with the code of the query services or of the JSON ones."""
        given = self._given.get(key)
        is_users = not key.startswith(TEMPORARY) and account_of(key) == ACCOUNT
        if not is_users and (given is None or given.token != token):
            code = "InvalidClientTokenId" if query else "UnrecognizedClientException"
            raise AwsError("The security token included in the request is invalid.", code, 403 if query else 400)
        if given is None:
            return user()
        if given.expires <= self.clock():
            code = "ExpiredToken" if query else "ExpiredTokenException"
            raise AwsError("The security token included in the request is expired", code, 403 if query else 400)
        return given.caller

    def expire(self) -> None:
        """As if the time of all that were given was over."""
        with self._lock:
            now = self.clock()
            self._given = {key: Credentials(key, given.token, now, given.caller) for key, given in self._given.items()}


@dataclass(frozen=True)
class Principals:
    """Who asks, and who may act in this account."""

    caller: Caller  # of another account, where that one hands over an AssumeRole
    roles: Params  # name -> trust policy
    sessions: Sessions
