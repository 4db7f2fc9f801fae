"""The benchmark measures over a real sandbox, the same as the sandbox's own tests start."""

from tests.sandbox.conftest import running as running
from tests.sandbox.conftest import sandbox as sandbox
