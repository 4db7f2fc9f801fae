"""MLflow: which model a run, a version or an alias stands for, what it was judged by, and its files.

The only module that imports mlflow, which is an optional extra, and only when it is asked something. MLflow 3 keeps a
model as an entity of its own (a logged model, m-…): the files of its run need not hold it. Written against MLflow
3.17.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from fleet import archive
from fleet.evidence.metadata import Origin

PACKAGE = "sagemaker-endpoint-manager[mlflow]"
_FINISHED, _READY, _ACTIVE = "FINISHED", "READY", "active"
_LONGEST = 300  # characters of what MLflow says; an answer may be a proxy's page
_SYSTEM = "system/"  # metrics of the machine, not of the model
_EXPERIMENT = "fleet.experiment"  # among the tags of a run, where its name is kept with it here
_OF_THE_DOWNLOAD = "registered_model_meta"  # MLflow writes it beside the files of a registered version
_NOT_THERE = "RESOURCE_DOES_NOT_EXIST"
_VERSION = re.compile(r"models:/(?P<name>[^/@]+)(/(?P<version>\d+)|@(?P<alias>[^/@]+))")
_MODEL = re.compile(r"models:/(?P<id>m-[^/@]+)/?")

T = TypeVar("T")


class TrackingError(Exception):
    """MLflow has not what is asked for, or does not answer: one sentence."""


@dataclass(frozen=True)
class Logged:
    """A model as MLflow knows it."""

    name: str
    uri: str  # by which MLflow hands out its files
    location: str  # where they lie: s3://…, mlflow-artifacts:/… behind the server
    origin: Origin
    figures: Mapping[str, str]  # as text, `nan` too
    created: datetime | None = None
    repository: str = ""
    description: str = ""
    creator: str = ""

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"{self.name} ({self.origin.model})" if self.origin.model else self.name


def of_run(run: str, name: str = "") -> Logged:
    """The model that a run logged; `name` says which, where it logged several. Raises TrackingError."""
    client, where = _opened()
    its = _run(client, where, run)
    models = _asked(where, lambda: _models(client, its), f"the models of run {run}")
    return _logged(where, its, _one_of(run, models, name), alone=len(models) == 1)


def of_uri(uri: str) -> Logged:
    """The model of `models:/name/7`, `models:/name@alias` or `models:/m-…`. Raises TrackingError."""
    client, where = _opened()
    if found := _MODEL.fullmatch(uri):
        return _of_model(client, where, found["id"])
    version = _VERSION.fullmatch(uri)
    if version is None:
        raise TrackingError(
            f"{uri} names no model: write models:/<name>/<version>, models:/<name>@<alias> or models:/m-…"
        )
    name, number, alias = version.group("name", "version", "alias")

    def registered() -> Any:
        return client.get_model_version(name, number) if number else client.get_model_version_by_alias(name, alias)

    its = _asked(where, registered, uri)
    if found := _MODEL.fullmatch(its.source or ""):
        return _of_model(client, where, found["id"])
    return _of_run_files(client, where, its)


def download(logged: Logged, folder: Path) -> Path:
    """Its files, in `folder`. Raises TrackingError."""
    _, where = _opened()
    from mlflow import artifacts  # noqa: PLC0415  # as below

    what = f"the files of {logged.title}"
    found = Path(_asked(where, lambda: artifacts.download_artifacts(logged.uri, dst_path=str(folder)), what))
    (found / _OF_THE_DOWNLOAD).unlink(missing_ok=True)  # else the same model would be two archives
    if not any(found.iterdir()):
        raise TrackingError(f"{logged.title} has no files in MLflow; log them with it, or register another one")
    return found


def archive_in_s3(logged: Logged) -> str:
    """URI of the model.tar.gz among its files, where those lie in S3; "" where there is none. Raises TrackingError."""
    if not logged.location.startswith("s3://"):
        return ""
    _, where = _opened()
    from mlflow import artifacts  # noqa: PLC0415  # as below

    what = f"the files of {logged.title}"
    listed = _asked(where, lambda: artifacts.list_artifacts(artifact_uri=logged.location), what)
    is_there = any(file.path.rpartition("/")[2] == archive.NAME and not file.is_dir for file in listed or ())
    return f"{logged.location.rstrip('/')}/{archive.NAME}" if is_there else ""


def _opened() -> tuple[Any, str]:
    """A client, and the server's URI as it may be told: without the password that may stand in it."""
    try:
        import mlflow  # noqa: PLC0415  # an optional extra, which takes seconds to load
    except ImportError:
        raise TrackingError(f"mlflow is not installed; run `pip install '{PACKAGE}'`") from None
    return mlflow.MlflowClient(), public(mlflow.get_tracking_uri())


def public(uri: str) -> str:
    """A URI without user, password and query, in which tokens stand."""
    parts = urlsplit(uri)
    if not parts.netloc:
        return uri.partition("?")[0]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _asked(where: str, call: Callable[[], T], what: str) -> T:
    try:
        return call()
    except Exception as error:  # of MLflow, of what is under it, or of an answer that makes no sense
        said = " ".join(str(error).split())[:_LONGEST]
        # Of an alias that nobody has set it says INVALID_PARAMETER_VALUE: Registered model alias … not found.
        if getattr(error, "error_code", "") == _NOT_THERE or ("alias" in said and "not found" in said):
            raise TrackingError(f"{what} is not in MLflow at {where}") from None
        why = _silence(error) or said or type(error).__name__
        raise TrackingError(f"MLflow at {where} could not be asked for {what}: {why}") from None


def _silence(error: BaseException | None) -> str:
    """That nobody answered, where that is at the bottom of an error: MLflow tells the whole of urllib3's retries."""
    names = []
    while error is not None:
        names.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    if any("Timeout" in name for name in names):
        return "it did not answer in time"
    return "it cannot be reached" if any("Connection" in name for name in names) else ""


def _run(client: Any, where: str, run_id: str) -> Any:
    """A run that is over, with its experiment's name in place of that one's id."""
    run = _asked(where, lambda: client.get_run(run_id), f"run {run_id}")
    _refuse_unfinished(run)
    experiment = _asked(where, lambda: client.get_experiment(run.info.experiment_id), f"the experiment of run {run_id}")
    run.data.tags[_EXPERIMENT] = experiment.name
    return run


def _refuse_unfinished(run: Any) -> None:
    if run.info.lifecycle_stage != _ACTIVE:
        raise TrackingError(f"run {run.info.run_id} is deleted in MLflow; restore it there, or register another one")
    if run.info.status != _FINISHED:
        raise TrackingError(f"run {run.info.run_id} is {run.info.status}; only a FINISHED one can be registered")


def _models(client: Any, run: Any) -> Sequence[Any]:
    found = client.search_logged_models([run.info.experiment_id], f"source_run_id = '{run.info.run_id}'")
    return list(found)


def _one_of(run: str, models: Sequence[Any], name: str) -> Any:
    """The model of that name; the newest, where a run has logged several of one name, as checkpoints."""
    if not models:
        raise TrackingError(f"run {run} has logged no model; log one (`mlflow.<flavor>.log_model`, MLflow 3)")
    names = sorted({str(model.name) for model in models})
    if not name and len(models) > 1:
        raise TrackingError(f"run {run} has logged {len(models)} models ({', '.join(names)}); name one with --model")
    its = [model for model in models if name in ("", model.name, model.model_id)]
    if not its:
        raise TrackingError(f'run {run} has logged no model "{name}"; it has {", ".join(names)}')
    return max(its, key=lambda model: model.creation_timestamp)


def _of_model(client: Any, where: str, model_id: str) -> Logged:
    model = _asked(where, lambda: client.get_logged_model(model_id), f"model {model_id}")
    if not model.source_run_id:
        return _logged(where, None, model, alone=True)
    run = _run(client, where, model.source_run_id)
    alone = len(_asked(where, lambda: _models(client, run), f"the models of run {run.info.run_id}")) == 1
    return _logged(where, run, model, alone=alone)


def _of_run_files(client: Any, where: str, version: Any) -> Logged:
    """A version of MLflow 2, whose files are those of a run, or of nobody."""
    uri = f"models:/{version.name}/{version.version}"
    if not version.run_id:
        return Logged(version.name, uri, str(version.source), Origin(tracking=where), {}, _time(version))
    run = _run(client, where, version.run_id)
    its = _with_run(where, run)
    figures = _of_a_model(run.data.metrics)
    told = {"description": version.description or _tag(run, "mlflow.note.content"), **_made(run)}
    return Logged(version.name, uri, str(version.source), its, figures, _time(version), **told)


def _logged(where: str, run: Any | None, model: Any, *, alone: bool) -> Logged:
    if str(model.status) not in (_READY, f"LoggedModelStatus.{_READY}"):
        raise TrackingError(
            f"model {model.name} ({model.model_id}) is {model.status}; only a READY one can be registered"
        )
    metrics = model.metrics or []
    its = _with_run(where, run, metrics) if run else replace(Origin(tracking=where), **_dataset(metrics))
    parameters = {**its.parameters, **(model.params or {})}
    origin = replace(its, model=model.model_id, parameters=parameters)
    told = {"description": _tag(run, "mlflow.note.content"), **_made(run)} if run else {}
    figures = figures_of(metrics, run.data.metrics if run else {}, alone=alone)
    return Logged(
        model.name, f"models:/{model.model_id}", model.artifact_location, origin, figures, _time(model), **told
    )


def figures_of(own: Sequence[Any], of_run: Mapping[str, float], *, alone: bool) -> dict[str, str]:
    """The figures of a model: its own metrics, and those of its run where that has no other model.

    Of a metric that was logged several times the last counts. A NaN comes back as 0.0 with the model, and as NaN with
    the run (MLflow 3.17, measured): the run is believed.
    """
    last: dict[str, Any] = {}
    for metric in sorted(own, key=lambda metric: (metric.step, metric.timestamp)):
        last[metric.key] = metric.value
    known = {**of_run, **last} if alone else last
    is_nan = {name for name, value in of_run.items() if value != value and known.get(name) == 0}
    return _of_a_model({name: of_run[name] if name in is_nan else value for name, value in known.items()})


def _of_a_model(metrics: Mapping[str, float]) -> dict[str, str]:
    return {name: repr(value) for name, value in metrics.items() if not name.startswith(_SYSTEM)}


def _with_run(where: str, run: Any, metrics: Sequence[Any] = ()) -> Origin:
    return Origin(
        run=run.info.run_id,
        experiment=_tag(run, _EXPERIMENT),
        tracking=where,
        commit=_tag(run, "mlflow.source.git.commit"),
        parameters=dict(run.data.params),
        **(_dataset(metrics) or _evaluated_on(run)),
    )


def _dataset(metrics: Sequence[Any]) -> dict[str, Any]:
    """The dataset on which a model was judged, by its own metrics; {} for none, or for more than one."""
    named = {(metric.dataset_name, metric.dataset_digest) for metric in metrics if metric.dataset_name}
    return {"dataset": (one := named.pop())[0], "digest": one[1] or ""} if len(named) == 1 else {}


def _evaluated_on(run: Any) -> dict[str, Any]:
    """The same by what its run says that it read: the one that is not for training."""
    inputs = run.inputs.dataset_inputs if run.inputs else []
    read = {(one.dataset.name, one.dataset.digest) for one in inputs if not _is_for_training(one)}
    return {"dataset": (one := read.pop())[0], "digest": one[1]} if len(read) == 1 else {}


def _is_for_training(read: Any) -> bool:
    return any(tag.key == "mlflow.data.context" and tag.value in ("train", "training") for tag in read.tags)


def _made(run: Any) -> dict[str, str]:
    repository = _tag(run, "mlflow.source.git.repoURL")
    return {"repository": public(repository), "creator": _tag(run, "mlflow.user")}


def _tag(run: Any, name: str) -> str:
    return str(run.data.tags.get(name, ""))


def _time(made: Any) -> datetime | None:
    stamp = made.creation_timestamp
    return datetime.fromtimestamp(stamp / 1000, UTC) if stamp else None
