"""What the unit tests share: a maker of returns under the bundled rulebook."""

import pytest

from pipeline.rulebook import Rulebook
from tests.kit.made import Maker


@pytest.fixture(scope="session")
def maker(rulebook: Rulebook) -> Maker:
    """Makes claims, returns and batches."""
    return Maker(rulebook)
