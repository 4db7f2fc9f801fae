"""How a stack reaches AWS: the `aws:…` configuration that the provider goes by, so that the program goes by it too.

Pure. Were the two to differ, the program would look for its endpoints where the provider never makes them. Opening the
session is fleet/aws/session.py. What is configured here and cannot be followed is a mistake, by the setting's name.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

NAMESPACE = "aws:"
SESSION_NAME = "sagemaker-endpoint-manager"  # of an assumed role, where the configuration names none
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")

# Services that the program calls, by the names that `aws:endpoints` has for them, and botocore's
_SERVICES = {
    "appautoscaling": "application-autoscaling",
    "applicationautoscaling": "application-autoscaling",
    "cloudtrail": "cloudtrail",
    "cloudwatch": "cloudwatch",
    "cloudwatchevents": "events",
    "cloudwatchlog": "logs",
    "cloudwatchlogs": "logs",
    "ecr": "ecr",
    "eventbridge": "events",
    "events": "events",
    "iam": "iam",
    "logs": "logs",
    "pricing": "pricing",
    "s3": "s3",
    "sagemaker": "sagemaker",
    "servicequotas": "service-quotas",
    "ssm": "ssm",
    "sts": "sts",
}
_DURATION = re.compile(r"(?=.)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_ROLE_MEMBERS = {  # of `aws:assumeRoles`, and of AssumeRole
    "externalId": "ExternalId",
    "sessionName": "RoleSessionName",
    "policy": "Policy",
    "sourceIdentity": "SourceIdentity",
}


class AccessError(Exception):
    """The configuration of AWS cannot be used; `errors` has a sentence each."""

    def __init__(self, *errors: str) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True)
class Role:
    """A role to assume."""

    arn: str
    members: str = "{}"  # what AssumeRole is told beside the ARN, by STS's own names, as JSON


@dataclass(frozen=True)
class Access:
    """Where AWS is asked, and as whom."""

    region: str  # "" where nothing says it
    region_from: str = ""  # the setting or the variable that says it
    profile: str = ""  # "" = the default credential chain
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    roles: tuple[Role, ...] = ()  # each assumed with the credentials of the one before
    config_file: str = ""
    credentials_file: str = ""
    endpoints: tuple[tuple[str, str], ...] = ()  # botocore's name of a service, and its URL
    allowed: tuple[str, ...] = ()  # accounts; () = any
    forbidden: tuple[str, ...] = ()
    sts_region: str = ""
    fips: bool = False
    dualstack: bool = False
    http_proxy: str = ""
    https_proxy: str = ""
    ca_bundle: str = ""
    insecure: bool = False
    default_tags: tuple[tuple[str, str], ...] = ()  # that the provider gives to all that it makes
    registry_role: str = ""  # ARN of the role that reads the registry of its account; the program's own setting
    ignored_tags: tuple[str, ...] = ()  # keys that it keeps its hands off; one with a * behind it stands for many

    def tagged(self, own: Mapping[str, str]) -> dict[str, str]:
        """The tags of what the program makes itself: default tags under its own, as with all that the provider makes.

        Its own are never ignored: by them the program knows what it has made, and may remove it.
        """
        default = {
            key: tag for key, tag in self.default_tags if not any(fnmatchcase(key, of) for of in self.ignored_tags)
        }
        return default | dict(own)

    def as_reader(self) -> "Access":
        """The same as the role that reads the registry, whose account need not be one where anything may be made."""
        role = Role(self.registry_role, json.dumps({"RoleSessionName": SESSION_NAME}))
        return replace(self, roles=(*self.roles, role), registry_role="", allowed=(), forbidden=())

    def objection_to(self, account: str) -> str:
        """Why nothing may be done in this account; "" where it may."""
        if self.allowed and account not in self.allowed:
            return f"aws:allowedAccountIds does not name account {account}, but {', '.join(self.allowed)}"
        return f"aws:forbiddenAccountIds names account {account}" if account in self.forbidden else ""


def understand(config: Mapping[str, object], environment: Mapping[str, str]) -> Access:
    """What a stack's configuration says: full keys (`aws:region`) to texts, or to what their JSON holds.

    A value of None is a secret that could not be read. Raises AccessError with every setting that is wrong, and every
    one that the provider would follow and this program would not. The environment is never refused.
    """
    said = {key.removeprefix(NAMESPACE): value for key, value in config.items() if key.startswith(NAMESPACE)}
    errors: list[str] = []
    given: dict[str, Any] = {}
    for name in sorted(said.keys() - _OF_NO_CONCERN):
        try:
            if name not in _SETTINGS:
                raise ValueError(_NOT_FOLLOWED.get(name, "is no setting that this program follows: take it out"))
            attribute, read = _SETTINGS[name]
            if said[name] is None and name in _OF_RUNS:
                continue
            if said[name] is None:
                raise ValueError("is a secret that cannot be read here: use a profile, a role or the environment")
            given[attribute] = read(said[name])
        except ValueError as error:
            errors.append(f"{NAMESPACE}{name} {error}")
    if bool(given.get("access_key")) != bool(given.get("secret_key")) and not errors:
        errors.append("aws:accessKey and aws:secretKey go together: set both, or none")
    if errors:
        raise AccessError(*errors)
    variable = next((name for name in REGION_VARIABLES if environment.get(name)), "")
    region = given.pop("region", "")
    given["default_tags"] = tuple((_default_of(environment) | dict(given.get("default_tags", ()))).items())
    given["ignored_tags"] = (*given.get("ignored_tags", ()), *_ignored_of(environment))
    return Access(region or environment.get(variable, ""), "aws:region" if region else variable, **given)


def _default_of(environment: Mapping[str, str]) -> dict[str, str]:
    """The default tags of the environment, which the provider reads as well; its configuration has the last word."""
    prefix = "TF_AWS_DEFAULT_TAGS_"
    return {name.removeprefix(prefix): tag for name, tag in environment.items() if name.startswith(prefix)}


def _ignored_of(environment: Mapping[str, str]) -> list[str]:
    listed = {
        end: environment.get(f"TF_AWS_IGNORE_TAGS_{name}", "") for name, end in (("KEYS", ""), ("KEY_PREFIXES", "*"))
    }
    return [f"{key.strip()}{end}" for end, keys in listed.items() for key in keys.split(",") if key.strip()]


def _default_tags(value: object) -> tuple[tuple[str, str], ...]:
    tags = _mapping(value, "tags").get("tags") or {}
    if not isinstance(tags, dict):
        raise ValueError(f"has tags {json.dumps(tags)}, and should have a mapping of them")
    # `pulumi config set --path` writes a number or a truth where it sees one.
    return tuple((key, tag if isinstance(tag, str) else json.dumps(tag)) for key, tag in tags.items())


def _ignored_tags(value: object) -> tuple[str, ...]:
    said = _mapping(value, "keys", "keyPrefixes")
    return (*map(str, said.get("keys") or ()), *(f"{prefix}*" for prefix in said.get("keyPrefixes") or ()))


def _mapping(value: object, *names: str) -> dict[str, Any]:
    found = _structure(value) or {}
    if not isinstance(found, dict):
        raise ValueError(f"is {json.dumps(found)}, and should be a mapping with {' and '.join(names)}")
    return found


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"is {json.dumps(value)}, and should be a text")


def _truth(value: object) -> bool:
    if value in ("true", "false", True, False):
        return value in ("true", True)
    raise ValueError(f"is {json.dumps(value)}, and should be true or false")


def _structure(value: object) -> Any:
    """What the engine hands over as JSON text, and a file has as it is."""
    try:
        return json.loads(value) if isinstance(value, str) and value else value or []
    except ValueError:
        raise ValueError(f"is {value!r}; set it by `pulumi config set --path 'aws:<setting>[0]…'`") from None


def _list(value: object) -> list[Any]:
    found = _structure(value)
    return found if isinstance(found, list) else [found]


def _accounts(value: object) -> tuple[str, ...]:
    # `pulumi config set --path` writes a number where it sees one, without the zeros in front.
    found = tuple(f"{account:012}" if isinstance(account, int) else str(account) for account in _list(value))
    if wrong := [account for account in found if not re.fullmatch(r"\d{12}", account)]:
        raise ValueError(f"names {wrong[0]}, which is not an account id of 12 digits")
    return found


def _one_file(value: object) -> str:
    files = _list(value) if not isinstance(value, str) or value.startswith("[") else [value]
    if len(files) > 1:
        raise ValueError("names several files, and this program follows one: put them into one")
    return str(files[0]) if files else ""


def _endpoints(value: object) -> tuple[tuple[str, str], ...]:
    named = {service: url for entry in _list(value) for service, url in entry.items()}
    return tuple((_SERVICES[service], str(url)) for service, url in sorted(named.items()) if service in _SERVICES)


def _roles(value: object) -> tuple[Role, ...]:
    return tuple(_role(position, said) for position, said in enumerate(_list(value)))


def _role(position: int, said: Any) -> Role:
    if not isinstance(said, dict) or not said.get("roleArn"):
        raise ValueError(f"[{position}] has no roleArn")
    members: dict[str, object] = {"RoleSessionName": SESSION_NAME}
    for name, value in said.items():
        if value in (None, "", [], {}):
            continue
        if name in _ROLE_MEMBERS:
            members[_ROLE_MEMBERS[name]] = str(value)
        elif name == "duration":
            members["DurationSeconds"] = _seconds(position, str(value))
        elif name == "policyArns":
            members["PolicyArns"] = [{"arn": arn} for arn in value]
        elif name == "tags":
            members["Tags"] = [{"Key": key, "Value": tag} for key, tag in sorted(value.items())]
        elif name == "transitiveTagKeys":
            members["TransitiveTagKeys"] = list(value)
        elif name != "roleArn":
            raise ValueError(f"[{position}].{name} is not followed by this program: take it out")
    return Role(str(said["roleArn"]), json.dumps(members))


def _seconds(position: int, duration: str) -> int:
    """Of a duration as the provider takes it: "1h", "45m", "1h30m0s"."""
    parts = _DURATION.fullmatch(duration)
    if parts is None:
        raise ValueError(f"[{position}].duration is {duration!r}; write it like 1h or 45m")
    hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    return hours * 3600 + minutes * 60 + seconds


# Setting -> attribute of Access, and how its value is read. Names: pulumi-aws 7.51.1, config/vars.
_SETTINGS: Mapping[str, tuple[str, Callable[[object], Any]]] = {
    "region": ("region", _text),
    "profile": ("profile", _text),
    "accessKey": ("access_key", _text),
    "secretKey": ("secret_key", _text),
    "token": ("token", _text),
    "assumeRoles": ("roles", _roles),
    "sharedConfigFiles": ("config_file", _one_file),
    "sharedCredentialsFiles": ("credentials_file", _one_file),
    "endpoints": ("endpoints", _endpoints),
    "allowedAccountIds": ("allowed", _accounts),
    "forbiddenAccountIds": ("forbidden", _accounts),
    "stsRegion": ("sts_region", _text),
    "useFipsEndpoint": ("fips", _truth),
    "useDualstackEndpoint": ("dualstack", _truth),
    "httpProxy": ("http_proxy", _text),
    "httpsProxy": ("https_proxy", _text),
    "customCaBundle": ("ca_bundle", _text),
    "insecure": ("insecure", _truth),
    "defaultTags": ("default_tags", _default_tags),
    "ignoreTags": ("ignored_tags", _ignored_tags),
}
# Those that are of use in runs alone, where the engine reads secrets
_OF_RUNS = frozenset({"defaultTags", "ignoreTags"})
# Those that say nothing of where AWS is, or of who asks it
_OF_NO_CONCERN = frozenset(
    {
        "maxRetries",
        "pluginDownloadURL",
        "retryMode",
        "s3UsEast1RegionalEndpoint",
        "s3UsePathStyle",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "tagPolicyCompliance",
        "tokenBucketRateLimiterCapacity",
        "userAgents",
        "version",
    }
)
_NOT_FOLLOWED = {
    "assumeRole": "is of older releases of the provider: write aws:assumeRoles, a list",
    "assumeRoleWithWebIdentity": (
        "is not followed by this program: set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE in the environment, which "
        "both it and the provider follow"
    ),
    "noProxy": "is not followed by this program: set NO_PROXY in the environment",
    "ec2MetadataServiceEndpoint": "is not followed by this program: set AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "ec2MetadataServiceEndpointMode": "is not followed by this program: set AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
}

# What the engine is asked for by name; it refuses by itself what is no setting of the provider.
KNOWN = (*_SETTINGS, *_NOT_FOLLOWED)
