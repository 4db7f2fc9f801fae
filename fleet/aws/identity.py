"""Who asks AWS: the session that a stack's configuration leads to, and whom AWS takes it for.

What the configuration says is fleet/access.py's; clients are made in fleet/aws/session.py.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from threading import Lock
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, Credentials, DeferredRefreshableCredentials

from fleet.access import Access
from fleet.aws import patience, times
from fleet.aws.models import ServiceModels

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

_LOCK = Lock()  # so that threads that begin at once assume a role once


@dataclass(frozen=True)
class Caller:
    """Whom AWS takes the program for."""

    account: str
    arn: str


def opened(access: Access) -> botocore.session.Session:
    """The session that the access leads to. Nothing is asked yet; raises botocore's ProfileNotFound."""
    with _LOCK:
        roles = _assumed(access) if access.roles else None
    core = _core(access)
    if roles:
        setting: Any = core  # botocore has no other way in for credentials that renew themselves
        setting._credentials = roles
    return core


def connecting(access: Access, service: str) -> dict[str, Any]:
    """How a client of this service connects, as arguments of `Session.create_client`."""
    proxies = {"http": access.http_proxy, "https": access.https_proxy}
    config = Config(
        proxies={scheme: url for scheme, url in proxies.items() if url} or None,
        use_fips_endpoint=access.fips or None,
        use_dualstack_endpoint=access.dualstack or None,
    )
    verify = False if access.insecure else access.ca_bundle or None
    config = patience.config().merge(config)
    return {"endpoint_url": dict(access.endpoints).get(service), "verify": verify, "config": config}


def caller(access: Access) -> Caller:
    """Whom AWS takes the program for: GetCallerIdentity, which needs no permission. Raises what botocore raises."""
    answer = client(access).get_caller_identity()
    return Caller(answer["Account"], answer["Arn"])


def client(access: Access) -> "STSClient":
    """Of STS, with the credentials that the access leads to."""
    made: STSClient = _sts(access, opened(access).create_client)()
    return made


def objection(access: Access) -> str:
    """Why the configuration does not let this account be touched, "" where it does; asks only where it says so."""
    return access.objection_to(caller(access).account) if access.allowed or access.forbidden else ""


def _core(access: Access) -> botocore.session.Session:
    # Without boto3 over it: that adds resource objects and S3 transfers, for which every run would pay.
    core = botocore.session.Session(profile=access.profile or None)
    if access.region:
        core.set_config_variable("region", access.region)
    for variable, file in (("config_file", access.config_file), ("credentials_file", access.credentials_file)):
        if file:
            core.set_config_variable(variable, file)
    if access.access_key:
        core.set_credentials(access.access_key, access.secret_key, access.token or None)
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=times.read)
    core.get_component("data_loader").file_loader = ServiceModels()  # last: it has the session read its files
    return core


@cache
def _assumed(access: Access) -> Credentials | None:
    """The credentials of the last role of the chain, renewed before they expire."""
    core = _core(access)
    credentials = core.get_credentials()
    for role in access.roles:
        fetcher = AssumeRoleCredentialFetcher(
            _sts(access, core.create_client), credentials, role.arn, extra_args=json.loads(role.members)
        )
        credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, method="assume-role")
    return credentials


def _sts(access: Access, create: Callable[..., Any]) -> Callable[..., Any]:
    region = access.sts_region or access.region
    made = partial(create, "sts", region_name=region, **connecting(access, "sts"))
    # The fetcher names the service itself, and gives the credentials to sign with.
    return lambda _="sts", **credentials: made(**credentials)
