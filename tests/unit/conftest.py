"""What the unit tests share: a maker of returns under the bundled rulebook."""

import pytest
from made import Maker

from pipeline.rulebook import Rulebook


@pytest.fixture(scope="session")
def maker(rulebook: Rulebook) -> Maker:
    """Makes claims, returns and batches."""
    return Maker(rulebook)
