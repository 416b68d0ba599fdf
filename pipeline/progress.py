"""How far reading has come; it is under way before pandas is even loaded."""

import sys
from collections.abc import Callable


def progress(total: int) -> Callable[[int], None]:
    """A bar on stderr that is told of files as they are read; silent when piped or short."""
    if not sys.stderr.isatty():
        return lambda files: None
    from tqdm import tqdm

    bar = tqdm(total=total, desc="读取报送材料", unit="个", delay=1.0, leave=False)

    def advance(files: int) -> None:
        bar.update(files)
        if bar.n >= total:
            bar.close()

    return advance
