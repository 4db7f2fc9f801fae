"""How the stand-in provider reaches AWS: the credentials, accounts and addresses that its configuration says.

In the order and the words of the real one, aws-sdk-go-base beneath terraform-provider-aws: read in its code, not
compared in a run. Every failure is one `Refused`.
"""

import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, cast

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound

from sandbox.plugin.catalogue.row import Properties, Refused

REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
# boto3's name of a service -> the provider's, where they differ
NAMES = {
    "application-autoscaling": ("appautoscaling", "applicationautoscaling"),
    "logs": ("cloudwatchlog", "cloudwatchlogs", "logs"),
}
# boto3's name of a service -> the SDK's for Go, in its errors
SERVICE_IDS = {
    "application-autoscaling": "Application Auto Scaling",
    "logs": "CloudWatch Logs",
    "sagemaker": "SageMaker",
    "ssm": "SSM",
    "sts": "STS",
}
UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+")
SHORTEST_SESSION, LONGEST_SESSION = 15 * 60, 12 * 3600  # seconds
# A role's setting in `assumeRoles` -> the member of AssumeRole's request
MEMBERS = {
    "externalId": "ExternalId",
    "policy": "Policy",
    "sourceIdentity": "SourceIdentity",
    "transitiveTagKeys": "TransitiveTagKeys",
}


@dataclass(frozen=True)
class Access:
    """An open door to AWS."""

    session: boto3.Session
    region: str | None  # of every resource that does not say one itself
    sts_region: str | None
    endpoints: Mapping[str, str] = field(default_factory=dict)  # by the provider's names

    def client(self, service: str, region: str | None = None, config: Config | None = None) -> Any:
        """Raises Refused, and BotoCoreError where no region is said anywhere."""
        url = next((self.endpoints[name] for name in NAMES.get(service, (service,)) if name in self.endpoints), None)
        where = region or (self.sts_region if service == "sts" else self.region)
        try:
            return self.session.client(cast(Any, service), region_name=where, endpoint_url=url, config=config)
        except ValueError as error:  # `endpoints` has a text that is no URL
            raise Refused(str(error)) from None


def says(config: Properties, setting: str) -> bool:
    """Whether a setting that is true or false is true; the engine sends it as text."""
    return config.get(setting) in (True, "true")


def mistakes(config: Properties) -> Iterator[tuple[str, str]]:
    """Settings that the provider refuses before it asks AWS, and why."""
    if "assumeRole" in config:
        yield "assumeRole", "invalid config key 'aws:assumeRole', should be 'aws:assumeRoles'"
    if config.get("allowedAccountIds") and config.get("forbiddenAccountIds"):
        yield "allowedAccountIds", '"allowed_account_ids": conflicts with forbidden_account_ids'
    for number, role in enumerate(config.get("assumeRoles") or ()):
        path = f"assume_role.{number}.duration"
        if (duration := role.get("duration")) and not DURATION.fullmatch(duration):
            yield "assumeRoles", f'"{path}" cannot be parsed as a duration: time: invalid duration "{duration}"'
        elif duration and not SHORTEST_SESSION <= seconds(duration) <= LONGEST_SESSION:
            yield "assumeRoles", f'duration "{path}" must be between 15 minutes (15m) and 12 hours (12h), inclusive'


def seconds(duration: str) -> int:
    """Of a duration as Go writes it, e.g. 1h30m0s."""
    return int(sum(float(number) * UNITS[unit] for number, unit in re.findall(r"([\d.]+)([a-zµ]+)", duration)))


def opened(config: Properties) -> Access:
    """The session of the last role of the chain, or of the credentials beneath it. Raises Refused."""
    region = config.get("region") or next((os.environ[name] for name in REGION_VARIABLES if os.environ.get(name)), None)
    try:
        core = _core(config)
        session = boto3.Session(botocore_session=core, region_name=region)
        if session.get_credentials() is None:
            raise Refused("No valid credential sources found: no EC2 IMDS role found")
    except ProfileNotFound:
        raise Refused(f"failed to get shared config profile, {config.get('profile') or core.profile}") from None
    except (ClientError, BotoCoreError) as error:  # a profile may assume a role
        raise Refused(f"No valid credential sources found: {sentence(error)}") from None
    endpoints = {name: url for entry in _listed(config.get("endpoints")) for name, url in entry.items() if url}
    region = session.region_name
    access = Access(session, region, config.get("stsRegion") or region, endpoints)
    for role in config.get("assumeRoles") or ():
        if role.get("roleArn"):
            access = _assumed(config, access, role)
    return access


def _core(config: Properties) -> Any:
    core = botocore.session.Session(profile=config.get("profile") or None)
    for variable, setting in (("config_file", "sharedConfigFiles"), ("credentials_file", "sharedCredentialsFiles")):
        files = _listed(config.get(setting))
        if len(files) > 1:
            raise Refused(f"the stand-in provider takes one file in {setting}")
        if files:
            core.set_config_variable(variable, files[0])
    if config.get("accessKey") or config.get("secretKey") or config.get("token"):
        core.set_credentials(config.get("accessKey", ""), config.get("secretKey", ""), config.get("token"))
    return core


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _assumed(config: Properties, access: Access, role: Properties) -> Access:
    """The same door for a session of the role, which is not renewed: no test lasts so long."""
    request = {
        "RoleArn": role["roleArn"],
        "RoleSessionName": role.get("sessionName") or f"aws-go-sdk-{time.time_ns()}",
        "DurationSeconds": seconds(role.get("duration") or "15m"),
        **{member: role[name] for name, member in MEMBERS.items() if role.get(name)},
    }
    if role.get("policyArns"):
        request["PolicyArns"] = [{"arn": arn} for arn in role["policyArns"]]
    if role.get("tags"):
        request["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(role["tags"].items())]
    try:
        given = access.client("sts").assume_role(**request)["Credentials"]
    except (ClientError, BotoCoreError) as error:
        _cannot_be_assumed(role["roleArn"], error)
    core = _core(config)  # a profile may say addresses too
    core.set_credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    session = boto3.Session(botocore_session=core, region_name=access.region)
    return replace(access, session=session)


def _cannot_be_assumed(role: str, error: ClientError | BotoCoreError) -> NoReturn:
    raise Refused(
        f"Cannot assume IAM Role: IAM Role ({role}) cannot be assumed.\n\n"
        "There are a number of possible causes of this - the most common are:\n"
        "  * The credentials used in order to assume the role are invalid\n"
        "  * The credentials do not have appropriate permission to assume the role\n"
        "  * The role ARN is not valid\n\n"
        f"Error: {worded('sts', error)}\n"
    ) from None


def validate(access: Access) -> str:
    """The account, as STS says it. Raises Refused where the credentials are nobody's."""
    try:
        account: str = access.client("sts").get_caller_identity()["Account"]
    except (ClientError, BotoCoreError) as error:
        raise Refused(f"validating provider credentials: {worded('sts', error)}") from None
    return account


def admit(access: Access, config: Properties) -> None:
    """Looks the account up, and raises Refused where it may not be touched."""
    account = _account(access, config)
    allowed, forbidden = _listed(config.get("allowedAccountIds")), _listed(config.get("forbiddenAccountIds"))
    if account in map(str, forbidden) or (allowed and account not in map(str, allowed)):
        raise Refused(f"AWS account ID not allowed: {account}")


def _account(access: Access, config: Properties) -> str:
    """Without validation IAM is asked first, which knows users only, then STS; "" where none is to be asked."""
    if not says(config, "skipCredentialsValidation"):
        return validate(access)
    if says(config, "skipRequestingAccountId"):
        return ""
    try:
        return str(access.client("iam").get_user()["User"]["Arn"].split(":")[4])
    except (ClientError, BotoCoreError):
        pass
    try:
        return validate(access)
    except Refused as refused:
        raise Refused(
            "AWS account ID not previously found and failed retrieving via all available methods.\n\n"
            "See https://www.terraform.io/docs/providers/aws/index.html#skip_requesting_account_id for workaround and "
            f"implications.\nErrors: {refused}"
        ) from None


def sentence(error: ClientError | BotoCoreError) -> str:
    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        return f"{said.get('Code', 'Unknown')}: {said.get('Message', '')}"
    return f"{type(error).__name__}: {error}"


def worded(service: str, error: ClientError | BotoCoreError) -> str:
    """As the AWS SDK for Go words it, with a request id that is another one each time."""
    if not isinstance(error, ClientError):
        return sentence(error)
    about: Any = error.response.get("ResponseMetadata", {})
    answer = f"StatusCode: {about.get('HTTPStatusCode', 400)}, RequestID: {about.get('RequestId', '')}"
    retries, name = about.get("RetryAttempts", 0), SERVICE_IDS.get(service, service)
    often = f"exceeded maximum number of attempts, {retries + 1}, " if retries else ""
    return (
        f"operation error {name}: {error.operation_name}, {often}https response error {answer}, "
        f"api error {sentence(error)}"
    )
