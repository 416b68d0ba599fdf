"""What the tests share: the rulebook, LibreOffice, Chromium and the folder of the project."""

import gc
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from pipeline.__main__ import GC_OBJECTS
from pipeline.isolate import RAISE
from pipeline.rulebook import Rulebook, load_rulebook
from tests.kit.office import Office

ROOT = Path(__file__).resolve().parent.parent
os.environ[RAISE] = "1"  # a fault of the program shall end a test, not cost a file
gc.set_threshold(GC_OBJECTS, 50, 50)  # as in a run of its own

# An example takes seconds: the suite tries the same few each time and tells the first that fails;
# LONG_TESTS tries others each time, and looks for the smallest that fails.
settings.register_profile(
    "suite", deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip
settings.register_profile("long", deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("long" if os.environ.get("LONG_TESTS") else "suite")


def _program(*names: str) -> str:
    """The first of these programs that is installed; without any, skip, but fail in CI."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        reason = f"未安装 {names[0]}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def template(root: Path) -> Path:
    """The bundled intake template."""
    return root / "templates" / "intake_template.xlsx"


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The bundled rulebook."""
    return load_rulebook(ROOT / "data" / "rulebook" / "2015")


@pytest.fixture(scope="session")
def soffice(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """`soffice(path or paths, suffix, folder)` → the converted path or paths."""
    return Office(_program("soffice", "libreoffice"), tmp_path_factory.mktemp("office-profile"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium."""
    return _program("chromium", "chromium-browser", "google-chrome")
