"""MLflow as it is: a real store of its own, in SQLite, asked for models; and servers that answer nothing of use."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import mlflow
import pytest
from mlflow.entities import Dataset, DatasetInput, InputTag

from fleet import archive, tracking
from fleet.tracking import TrackingError


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mlflow.MlflowClient]:
    """A client of a store with one experiment, "toxicity"; filling its tables takes seconds."""
    folder = tmp_path_factory.mktemp("mlflow")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    client = mlflow.MlflowClient()
    client.create_experiment("toxicity", artifact_location=str(folder / "files"))
    yield client
    mlflow.set_tracking_uri(before)


class Training:
    """One run of the experiment, as a training leaves it."""

    def __init__(self, client, **tags):
        self.client = client
        self.experiment = client.get_experiment_by_name("toxicity").experiment_id
        self.run = client.create_run(self.experiment, tags=tags).info.run_id
        client.log_param(self.run, "C", "3")

    def model(self, name="classifier", status="READY", **metrics):
        made = self.client.create_logged_model(self.experiment, name=name, source_run_id=self.run)
        folder = Path(made.artifact_location)
        folder.mkdir(parents=True)
        (folder / "model.pkl").write_text(name)
        for key, value in metrics.items():
            self.metric(key, value, model_id=made.model_id)
        if status != "PENDING":
            self.client.finalize_logged_model(made.model_id, status)
        return made

    def metric(self, key, value, **where):
        self.client.log_metric(self.run, key, value, **where)

    def read(self, name, digest, context):
        dataset = Dataset(name=name, digest=digest, source_type="code", source="{}")
        tag = InputTag("mlflow.data.context", context)
        self.client.log_inputs(self.run, [DatasetInput(dataset, [tag])])

    def end(self, status="FINISHED"):
        self.client.set_terminated(self.run, status)
        return self.run


@pytest.fixture
def training(store):
    return Training(store)


def refused(call, *arguments):
    with pytest.raises(TrackingError) as error:
        call(*arguments)
    return str(error.value)


# --- a run ----------------------------------------------------------------------------------------------------------


def test_a_run_stands_for_the_model_that_it_logged_with_all_that_it_was_judged_by(store):
    training = Training(store, **{"mlflow.source.git.commit": "8f2c31", "mlflow.user": "jane"})
    training.model(f1_macro=0.92)
    training.metric("system/cpu", 7.0)
    run = training.end()

    found = tracking.of_run(run)

    its = found.origin
    assert (found.name, its.run, its.experiment, its.commit) == ("classifier", run, "toxicity", "8f2c31")
    assert its.model.startswith("m-")
    assert its.tracking.startswith("sqlite:///")
    assert (found.figures, its.parameters, found.creator) == ({"f1_macro": "0.92"}, {"C": "3"}, "jane")
    assert found.created is not None


def test_metrics_of_the_run_are_those_of_its_only_model(training):
    training.model()
    training.metric("f1_macro", 0.5)

    assert tracking.of_run(training.end()).figures == {"f1_macro": "0.5"}


def test_metrics_of_a_run_with_several_models_are_nobodys(training):
    training.model("small", f1_macro=0.8)
    training.model("large", f1_macro=0.9)
    training.metric("loss", 0.1)

    assert tracking.of_run(training.end(), "small").figures == {"f1_macro": "0.8"}


def test_of_a_metric_that_was_logged_often_the_last_counts(training):
    model = training.model()
    for step, value in enumerate((0.5, 0.9, 0.7)):
        training.metric("f1_macro", value, step=step, model_id=model.model_id)

    assert tracking.of_run(training.end()).figures == {"f1_macro": "0.7"}


def test_a_metric_that_is_nan_does_not_come_back_as_zero(training):
    training.model(f1_macro=float("nan"), accuracy=0.0)

    assert tracking.of_run(training.end()).figures == {"f1_macro": "nan", "accuracy": "0.0"}


def test_the_dataset_is_that_of_the_metrics(training):
    model = training.model()
    training.metric("f1_macro", 0.9, model_id=model.model_id, dataset_name="held-out", dataset_digest="1a2b")
    training.read("other", "9z", "evaluation")

    its = tracking.of_run(training.end()).origin
    assert (its.dataset, its.digest) == ("held-out", "1a2b")


def test_without_one_it_is_what_the_run_read_and_did_not_train_with(training):
    training.model(f1_macro=0.9)
    training.read("all", "1a", "training")
    training.read("held-out", "2b", "evaluation")

    its = tracking.of_run(training.end()).origin
    assert (its.dataset, its.digest) == ("held-out", "2b")


def test_several_models_are_named_and_one_has_to_be_chosen(training):
    training.model("small")
    training.model("large")
    run = training.end()

    assert refused(tracking.of_run, run) == f"run {run} has logged 2 models (large, small); name one with --model"
    assert tracking.of_run(run, "large").name == "large"
    assert refused(tracking.of_run, run, "huge") == f'run {run} has logged no model "huge"; it has large, small'


@pytest.mark.parametrize("status", ["FAILED", "KILLED"])
def test_a_run_that_did_not_finish_is_refused(training, status):
    training.model()
    run = training.end(status)

    assert refused(tracking.of_run, run) == f"run {run} is {status}; only a FINISHED one can be registered"


def test_a_run_under_way_is_refused(training):
    training.model()

    assert "is RUNNING; only a FINISHED one" in refused(tracking.of_run, training.run)


def test_a_deleted_run_is_refused(training):
    training.model()
    run = training.end()
    training.client.delete_run(run)

    assert refused(tracking.of_run, run).startswith(f"run {run} is deleted in MLflow")


def test_a_run_that_is_missing_is_said_with_the_server_that_has_it_not(store):
    said = refused(tracking.of_run, "0" * 32)
    assert said == f"run {'0' * 32} is not in MLflow at {mlflow.get_tracking_uri()}"


def test_a_run_without_a_model_is_refused(training):
    run = training.end()

    assert refused(tracking.of_run, run).startswith(f"run {run} has logged no model; log one")


def test_a_model_that_is_not_ready_is_refused(training):
    training.model(status="PENDING")

    assert "is PENDING; only a READY one can be registered" in refused(tracking.of_run, training.end())


# --- a version, an alias, a model -----------------------------------------------------------------------------------


def test_a_version_and_an_alias_of_the_registry_stand_for_the_model_that_they_were_made_of(store, training):
    model = training.model(f1_macro=0.9)
    run = training.end()
    store.create_registered_model("toxicity")
    store.create_model_version("toxicity", model.model_uri, run_id=run)
    store.set_registered_model_alias("toxicity", "champion", "1")

    by_run = tracking.of_run(run)
    assert tracking.of_uri("models:/toxicity/1") == by_run
    assert tracking.of_uri("models:/toxicity@champion") == by_run
    assert tracking.of_uri(model.model_uri) == by_run
    where = mlflow.get_tracking_uri()
    assert refused(tracking.of_uri, "models:/toxicity@nobody") == f"models:/toxicity@nobody is not in MLflow at {where}"
    assert refused(tracking.of_uri, "models:/toxicity/9") == f"models:/toxicity/9 is not in MLflow at {where}"


def test_a_version_that_was_made_of_the_files_of_a_run_has_the_runs_figures(store, training, tmp_path):
    training.metric("f1_macro", 0.9)
    run = training.end()
    (tmp_path / "MLmodel").write_text("flavors: {}")
    store.create_registered_model("of-mlflow-2")
    store.create_model_version("of-mlflow-2", str(tmp_path), run_id=run)

    found = tracking.of_uri("models:/of-mlflow-2/1")

    assert (found.origin.run, found.origin.model, found.figures) == (run, "", {"f1_macro": "0.9"})


@pytest.mark.parametrize("uri", ["toxicity/1", "models:/toxicity", "runs:/6f0d31/model", "models:/toxicity/latest"])
def test_what_names_no_model_is_refused_with_what_does(store, uri):
    assert refused(tracking.of_uri, uri).startswith(f"{uri} names no model: write models:/<name>/<version>")


# --- its files ------------------------------------------------------------------------------------------------------


def test_the_files_of_a_model_are_the_same_by_run_and_by_alias(store, training, tmp_path):
    model = training.model()
    (Path(model.artifact_location) / "MLmodel").write_text("flavors: {}")  # beside it MLflow writes one more
    run = training.end()
    store.create_registered_model("same")
    store.create_model_version("same", model.model_uri, run_id=run)

    folder = tracking.download(tracking.of_run(run), tmp_path / "one")

    by_version = tracking.download(tracking.of_uri("models:/same/1"), tmp_path / "two")
    one, two = (archive.of(at, tmp_path / f"{at.name}.tar.gz").read_bytes() for at in (folder, by_version))
    assert {file.name for file in folder.iterdir()} == {"MLmodel", "model.pkl"}
    assert one == two


def test_a_model_without_files_is_refused(training, tmp_path):
    model = training.model()
    (Path(model.artifact_location) / "model.pkl").unlink()
    found = tracking.of_run(training.end())

    assert "files" in refused(tracking.download, found, tmp_path / "files")


@pytest.mark.parametrize(
    ("listed", "expected"),
    [(("MLmodel", "model.tar.gz"), "s3://mlflow/1/m-1/model.tar.gz"), (("MLmodel",), ""), ((), "")],
)
def test_an_archive_among_files_in_s3_is_found_there(store, training, monkeypatch, listed, expected):
    training.model()
    found = tracking.of_run(training.end())
    files = [SimpleNamespace(path=name, is_dir=False) for name in listed]
    monkeypatch.setattr(mlflow.artifacts, "list_artifacts", lambda artifact_uri: files)

    in_s3 = replace(found, location="s3://mlflow/1/m-1")

    assert tracking.archive_in_s3(in_s3) == expected
    assert tracking.archive_in_s3(found) == ""


# --- MLflow does not answer -----------------------------------------------------------------------------------------


@contextmanager
def server(status: int, body: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An HTTP server that gives every caller the same answer, as MLflow's."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{running.server_port}"
        ask_at(monkeypatch, url)
        yield url
        running.shutdown()


def ask_at(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(mlflow, "MlflowClient", lambda make=mlflow.MlflowClient: make(url))
    monkeypatch.setattr(mlflow, "get_tracking_uri", lambda: url)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (401, b"You are not authenticated", "401"),
        (403, b'{"error_code": "PERMISSION_DENIED", "message": "Permission denied"}', "PERMISSION_DENIED"),
        (200, b"<html>a proxy's page</html>", ""),
    ],
)
def test_a_server_that_refuses_or_answers_nonsense_is_one_sentence(monkeypatch, status, body, why):
    with server(status, body, monkeypatch) as url:
        said = refused(tracking.of_run, "6f0d31")

    assert said.startswith(f"MLflow at {url} could not be asked for run 6f0d31: ")
    assert why in said
    assert "\n" not in said and len(said) < 500


def test_a_server_that_is_down_is_one_sentence(monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    ask_at(monkeypatch, url)

    said = refused(tracking.of_run, "6f0d31")
    assert said == f"MLflow at {url} could not be asked for run 6f0d31: it cannot be reached"


def test_a_server_that_never_answers_is_given_up_on(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        ask_at(monkeypatch, url)

        assert refused(tracking.of_run, "6f0d31").endswith("run 6f0d31: it did not answer in time")


def test_without_mlflow_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "mlflow", None)

    said = refused(tracking.of_run, "6f0d31")
    assert said == "mlflow is not installed; run `pip install 'sagemaker-endpoint-manager[mlflow]'`"


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("https://jane:secret@mlflow.example.com/path?token=secret", "https://mlflow.example.com/path"),
        ("https://mlflow.example.com:5000", "https://mlflow.example.com:5000"),
        ("sqlite:////tmp/mlflow.db", "sqlite:////tmp/mlflow.db"),
        ("arn:aws:sagemaker:eu-west-1:123456789012:mlflow-app/app-1", None),
    ],
)
def test_a_password_is_never_told(uri, told):
    assert tracking.public(uri) == (told or uri)
