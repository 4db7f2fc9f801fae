"""A model of MLflow becomes a version of a model package group, with the evidence of its run: for `fleet register`, and
for the last step of a training pipeline.

    from fleet.registration import register

    version = register("toxicity", run=run.info.run_id, image=IMAGE, bucket="ml-artifacts").version

The version is PendingManualApproval: who approves it is somebody else. What the request holds is fleet/evidence/'s,
what MLflow knows fleet/tracking.py's.
"""

import os
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from fleet import archive, figure, preflight, tracking
from fleet.access import Access, AccessError, understand
from fleet.aws import images, session
from fleet.aws.operator import registering as aws
from fleet.evidence import registering, report
from fleet.evidence.registering import Registration
from fleet.tracking import Logged, TrackingError

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

Progress = Callable[[str, int, int], None]  # what is under way, bytes done, bytes in all

DISK = 5_000_000_000  # bytes that a serverless container has (Developer Guide, Serverless Inference, 2026-11)
CLOCKS = timedelta(days=1)  # by which MLflow's clock may be before that of AWS, and more
_TOLD = 3  # entries that are named of those that were left out


class RegistrationError(Exception):
    """Nothing was registered: why, and what stays in S3, in one sentence."""


@dataclass(frozen=True)
class Registered:
    """The version of the group that a model is."""

    version: int
    package: str  # model package ARN
    created: bool  # False: it was there already
    warnings: tuple[str, ...] = ()


@dataclass
class _Sent:
    """What lies in S3 already, while more is on its way."""

    uris: list[str] = field(default_factory=list)

    def left(self) -> str:
        if not self.uris:
            return "nothing was registered, and nothing was left in S3"
        return f"nothing was registered; left in S3, and used when it is tried again: {', '.join(self.uris)}"


def register(
    group: str,
    *,
    image: str,
    bucket: str,
    run: str = "",
    model: str = "",
    model_uri: str = "",
    environment: Mapping[str, str] | None = None,
    gated: Collection[str] = (),
    access: Access | None = None,
    progress: Progress = lambda *_: None,
) -> Registered:
    """Make a model of MLflow a version of the group; the same model is one version, however often it is registered.

    `run` is an id, with the `model`'s name where it logged several; in its place, `model_uri` is
    `models:/<name>/<version>`, `models:/<name>@<alias>` or `models:/m-…`. `image` runs it: a URI in ECR. `bucket` takes
    its archive. `gated` are metrics that gates go by. Without `access`, AWS is reached by the environment.

    Raises RegistrationError with what is wrong; nothing is half registered then.
    """
    if bool(run) == bool(model_uri):
        raise RegistrationError("give a run or a model URI, and not both")
    try:
        logged = tracking.of_run(run, model) if run else tracking.of_uri(model_uri)
        its = Registration(
            group, image, archive="", origin=logged.origin, figures=logged.figures, environment=environment or {}
        )
        return _Registering(access or _by_environment(), bucket, logged, its, tuple(gated), progress).done()
    except (TrackingError, aws.NotThere) as error:
        raise RegistrationError(f"{error}; nothing was registered") from None
    except (ClientError, BotoCoreError) as error:
        raise RegistrationError(f"{session.sentence(error)}; nothing was registered") from None


def _by_environment() -> Access:
    try:
        access = understand({}, os.environ)
    except AccessError as error:
        raise RegistrationError(str(error)) from None
    if not access.region:
        raise RegistrationError("no Region is known; set AWS_REGION")
    return access


@dataclass(frozen=True)
class _Registering:
    """One registration under way."""

    access: Access
    bucket: str
    logged: Logged
    wanted: Registration
    gated: tuple[str, ...]
    progress: Progress

    def done(self) -> Registered:
        client: SageMakerClient = session.sagemaker(self.access)
        group = aws.group_arn(client, self.wanted.group)
        since = self.logged.created - CLOCKS if self.logged.created else None
        if same := aws.of_the_same_model(client, self.wanted.group, self.logged.origin, since):
            return self._there_already(same)
        doubts = self._refuse(group)
        with tempfile.TemporaryDirectory() as folder:
            return self._put(client, Path(folder), doubts)

    def _there_already(self, package: Mapping[str, Any]) -> Registered:
        warnings = [
            f"version {package['ModelPackageVersion']} of the same model runs in {image}; to have it in "
            f"{self.wanted.image}, log the model again"
            for image in preflight.uris(package)
            if image != self.wanted.image
        ]
        return Registered(int(package["ModelPackageVersion"]), package["ModelPackageArn"], False, tuple(warnings))

    def _refuse(self, group: str) -> list[str]:
        """What may keep it from running; raises RegistrationError with what certainly will."""
        arn = {"ModelPackageArn": group}
        package = {**arn, "InferenceSpecification": {"Containers": [self.wanted.container]}}
        if refused := preflight.unsuitable(package, self.access.region):
            raise RegistrationError(f"{'; '.join(refused)}; nothing was registered")
        image = preflight.Image.parse(self.wanted.image)
        is_ours = image and image.account == group.split(":")[4]  # AWS's own let nobody look at them
        found, note = images.look_up(self.access, [self.wanted.image] if is_ours else [])
        doubts = preflight.doubtful(package, found)
        return [*doubts, *([f"its image could not be looked at: {note}"] if note else [])]

    def _put(self, client: "SageMakerClient", folder: Path, doubts: list[str]) -> Registered:
        s3 = session.s3(self.access)
        its_region = aws.bucket_region(s3, self.bucket)
        if its_region not in ("", self.access.region):
            where = f"bucket {self.bucket} is in {its_region}, and SageMaker in {self.access.region} takes models from"
            raise RegistrationError(f"{where} there alone; nothing was registered")
        in_s3 = tracking.archive_in_s3(self.logged)
        file = None if in_s3 else self._packed(folder)
        if file and (size := archive.unpacked(file)) > DISK:
            doubts.append(f"its files have {size / 1e9:.1f} GB, and a serverless container {DISK // 10**9} GB of disk")
        registration = self._complete(in_s3)
        if complaints := registering.complaints(registration):
            raise RegistrationError(f"{'; '.join(complaints)}; nothing was registered")
        return self._sent(client, s3, registration, file, doubts)

    def _packed(self, folder: Path) -> Path:
        self.progress(f"reading {self.logged.title} from MLflow", 0, 0)
        try:
            return archive.of(tracking.download(self.logged, folder / "model"), folder / archive.NAME)
        except (ValueError, OSError) as error:  # its archive is none; the disk is full
            raise RegistrationError(f"{self.logged.title}: {error}; nothing was registered") from None

    def _complete(self, in_s3: str) -> Registration:
        """The registration with the places of its files."""
        its = self.logged
        place = f"s3://{self.bucket}/{self._folder()}"
        return replace(
            self.wanted,
            archive=in_s3 or f"{place}/{archive.NAME}",
            report_uri=f"{place}/evaluation.json" if self._numbers() else "",
            source_uri=its.uri,
            repository=its.repository,
            description=its.description,
            creator=its.creator,
        )

    def _folder(self) -> str:
        """Of the model alone: the same one is put there again, another one never."""
        origin = self.logged.origin
        name = origin.model or origin.run or sha256(self.logged.uri.encode()).hexdigest()[:32]
        return f"{self.wanted.group.rpartition('/')[2]}/{name}"

    def _numbers(self) -> dict[str, str]:
        return {name: value for name, value in self.logged.figures.items() if figure.number(value) is not None}

    def _sent(
        self, client: "SageMakerClient", s3: Any, registration: Registration, file: Path | None, doubts: list[str]
    ) -> Registered:
        request = registering.request(registration, self.gated)
        sent = _Sent()
        try:
            self._upload(s3, registration, file, sent)
            package = aws.create(client, request.arguments)
        except Exception as error:
            self._broken_off(error, sent)
        version = int(package.rpartition("/")[2])
        return Registered(version, package, True, (*doubts, *self._gaps(), *_left_out(request.left_out)))

    def _upload(self, s3: Any, registration: Registration, file: Path | None, sent: _Sent) -> None:
        """First the small file: where nothing may be put there, nothing large goes in vain."""
        if registration.report_uri:
            key = f"{self._folder()}/evaluation.json"
            aws.put_report(s3, self.bucket, key, report.content(registration.figures))
            sent.uris.append(registration.report_uri)
        if file is None:
            return
        total, gone = file.stat().st_size, 0

        def more(count: int) -> None:
            nonlocal gone
            gone += count
            self.progress(f"uploading {registration.archive}", gone, total)

        more(0)
        aws.upload(s3, file, self.bucket, f"{self._folder()}/{archive.NAME}", more)
        sent.uris.append(registration.archive)

    def _broken_off(self, error: Exception, sent: _Sent) -> NoReturn:
        cause = error.__context__ if isinstance(error.__context__, ClientError) else error  # of boto3's upload
        if isinstance(cause, BotoCoreError) and len(sent.uris) > bool(self._numbers()):
            again = "it is not known whether it was registered; run it again, the same model is one version"
            raise RegistrationError(f"{session.sentence(cause)}; {again}") from None
        raise RegistrationError(f"{session.sentence(cause)}; {sent.left()}") from None

    def _gaps(self) -> list[str]:
        """What is missing of its evaluation."""
        figures, numbers = self.logged.figures, self._numbers()
        if not figures:
            return ["it has no metrics, so there is nothing to compare it by, and a gate does not let it pass"]
        found = [f"{name} is {figures[name]}, which no gate lets pass" for name in sorted(figures.keys() - numbers)]
        missing = [name for name in self.gated if name not in figures]
        return [*found, *(f"it has no {name}, by which a gate goes" for name in missing)]


def _left_out(entries: Collection[str]) -> list[str]:
    if not entries:
        return []
    first = "; ".join(list(entries)[:_TOLD])
    more = f"; and {len(entries) - _TOLD} more" if len(entries) > _TOLD else ""
    return [f"left out of its metadata: {first}{more}"]
