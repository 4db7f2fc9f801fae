"""The files by which botocore knows AWS's services, read into plain dicts.

Botocore reads them into OrderedDicts, from a time when a dict kept no order. That of SageMaker has 2.5 MB, and every
run reads it twice, in the program and in the provider: 0.03 seconds of CPU each.
"""

import gzip
import json
from pathlib import Path
from typing import Any


class ServiceModels:
    """In the place of botocore's JSONFileLoader (botocore/loaders.py, 1.44); `path` has no ending."""

    def exists(self, path: str) -> bool:
        return Path(f"{path}.json").is_file() or Path(f"{path}.json.gz").is_file()

    def load_file(self, path: str) -> Any:
        """None where there is no such file."""
        plain, packed = Path(f"{path}.json"), Path(f"{path}.json.gz")
        if plain.is_file():
            return json.loads(plain.read_bytes())
        return json.loads(gzip.decompress(packed.read_bytes())) if packed.is_file() else None
