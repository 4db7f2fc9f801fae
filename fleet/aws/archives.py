"""Models in S3, as far as this account may read them. Optional: what is not told stops nothing.

It is the execution role that reads a model, and what that may is found out by nobody but SageMaker. But an account that
keeps its bucket or its key from all of this one is heard of here, before an endpoint fails for it.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from fleet.access import Access
from fleet.aws import account, session
from fleet.evidence import report
from fleet.seen import Unknown

_OURS = "identity-based policy"  # AWS names the side that is at fault, where it names any


def kept(access: Access, archives: Iterable[str]) -> tuple[Mapping[str, str], str]:
    """By URI, AWS's words where this account is kept from the bucket of an archive, or from its key; and why some could
    not be looked at.

    One byte of one archive of each bucket: unlike HeadObject, GetObject asks for the key as well, and is told why not.
    """
    places = {uri: place for uri in sorted(set(archives), reverse=True) if (place := report.place(uri))}
    asked = dict(places.values())
    if not asked:
        return {}, ""
    s3 = session.ask(lambda: session.client(access, "s3", account.SOON))
    if isinstance(s3, Unknown):
        return {}, s3.error

    def read(bucket: str, key: str) -> bytes:
        content: bytes = s3.get_object(Bucket=bucket, Key=key, Range="bytes=0-0")["Body"].read()
        return content

    def refusal(bucket: str, key: str) -> str:
        answer = session.ask(lambda: read(bucket, key))
        # Whatever else is wrong with an archive is SageMaker's to say
        return answer.error if isinstance(answer, Unknown) and "AccessDenied" in answer.error else ""

    with ThreadPoolExecutor(session.THREADS) as pool:
        refused = dict(zip(asked, pool.map(refusal, asked, asked.values()), strict=True))
    own = next((why for why in refused.values() if _OURS in why), "")
    theirs = {bucket: why for bucket, why in refused.items() if why and _OURS not in why}
    return {uri: theirs[bucket] for uri, (bucket, _) in places.items() if bucket in theirs}, own
