"""What AWS said when it refused a step of the engine, out of what the aws provider says of the failed step.

Pure. The same fault reads the same in every run: it stands in outputs and parameters, where another request id would be
a change. fleet/aws/session.py says the same of the program's own calls, in the same form.
"""

import re
import shlex
from collections.abc import Mapping

LONGEST = 400  # characters; an answer may be a proxy's page

# What the bridge wraps around each failure, e.g. `creating urn:pulumi:…::toxicity: 1 error occurred: * …`
_WRAPPING = re.compile(r"^((creating|updating|deleting) urn:\S+: |\d+ errors? occurred: \* )+")
# An error of the AWS SDK for Go, v2: an API error carries its code; a modelled one has it in place of `api error`.
_CALL = re.compile(
    r"operation error [^:]+: (?P<operation>\w+), (?:exceeded maximum number of attempts, \d+, )?"
    r"https response error StatusCode: \d+, RequestID: [^,]*, (?:HostID: [^,]*, )?(?:api error )?(?P<said>.*)"
)
# Of an endpoint that was waited for. Without a reason of SageMaker's the provider says that it is <nil>.
_WAITED = re.compile(r"unexpected state '(?P<status>\w+)', wanted target '\w*'\. last error: (?P<said>.*)")
_NO_REASON = "%!s(<nil>)"
_STATES = {"Failed": "creation failed", "RollingBack": "rolled back"}  # as a status says it
_CONNECTION = re.compile(r"\b(read|write|dial) tcp \S+->\S+: ")  # names a port that is another one each time
_REQUEST = re.compile(r",? ?\(?\brequest ?id: ?[0-9a-f-]+\)?", re.IGNORECASE)


# A deployer that is bound by tags (docs/permissions.md) cannot give them to what has lost them.
_UNTAGGED = re.compile(r"not authorized to perform: sagemaker:AddTags on resource: (?P<arn>arn:\S+)")


def mending(failure: str, tags: Mapping[str, str]) -> str:
    """The command by which an administrator gives the tags that the failed step was to give; "" for another failure."""
    refused = _UNTAGGED.search(failure)
    if not refused or not tags:
        return ""
    pairs = " ".join(shlex.quote(f"Key={key},Value={value}") for key, value in sorted(tags.items()))
    return f"aws sagemaker add-tags --resource-arn {refused['arn']} --tags {pairs}"


def sentence(failure: str) -> str:
    """One line, as `CreateModel: ValidationException: …` where the failure is an answer of AWS; "" for no failure."""
    text = _WRAPPING.sub("", " ".join(failure.split()))
    if answer := _CALL.search(text):
        text = f"{answer['operation']}: {answer['said']}"
    elif waited := _WAITED.search(text):
        state = _STATES.get(waited["status"], waited["status"])
        text = state if waited["said"] == _NO_REASON else f"{state}: {waited['said']}"
    return _REQUEST.sub("", _CONNECTION.sub(r"\1 tcp: ", text)).strip()[:LONGEST]
