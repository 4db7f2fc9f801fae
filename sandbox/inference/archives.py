"""A model.tar.gz with code/inference.py in it, run as AWS's framework images run it.

The contract is that of the SageMaker inference toolkit, which those images have: model_fn(folder), input_fn(body,
content type), predict_fn(data, model), output_fn(prediction, accept) -> body.
"""

import hashlib
import importlib.util
import io
import tarfile
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

CODE = "code/inference.py"


class BadArchive(Exception):
    """An archive that no framework image could run; the text says why."""


@dataclass(frozen=True)
class Unpacked:
    """A model that is loaded, with the code that answers for it."""

    code: ModuleType
    model: Any

    def answer(self, body: bytes, content_type: str, accept: str) -> bytes:
        data = self.code.input_fn(body, content_type)
        answer = self.code.output_fn(self.code.predict_fn(data, self.model), accept)
        return answer if isinstance(answer, bytes) else str(answer).encode()


_loaded: dict[str, Unpacked] = {}
_loading = threading.Lock()


def name_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def find(name: str) -> Unpacked | None:
    """The model of an archive that was taken before; None for another."""
    return _loaded.get(name)


def take(content: bytes) -> str:
    """Unpack an archive and load its model; gives its name. Raises BadArchive."""
    name = name_of(content)
    with _loading:
        if name not in _loaded:
            # Gone once the model is loaded: a process that is killed leaves nothing behind then.
            with tempfile.TemporaryDirectory(prefix="sandbox-model-") as folder:
                _loaded[name] = _unpack(name, content, Path(folder))
    return name


def _unpack(name: str, content: bytes, folder: Path) -> Unpacked:
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BadArchive(f"model.tar.gz cannot be unpacked: {error}") from None
    if not (folder / CODE).is_file():
        raise BadArchive(f"model.tar.gz has no {CODE}, and the sandbox has no image that could run it without")
    spec = importlib.util.spec_from_file_location(f"inference_{name[:12]}", folder / CODE)
    if spec is None or spec.loader is None:
        raise BadArchive(f"{CODE} is no Python module")
    code = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(code)
    return Unpacked(code, code.model_fn(str(folder)))
