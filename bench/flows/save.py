"""Times what has to be done in any case: the value written to the disk, with fsync.

usage: save.py DIRECTORY   (BENCH_KIND and BENCH_MIB as for large.py)
"""

import os
import sys
import time

import large


def main() -> None:
    """Print the seconds that it took."""
    value = large.large_value()
    path = os.path.join(sys.argv[1], "saved")
    started = time.perf_counter()
    if large.KIND == "model":
        import torch

        torch.save(value, path)
    else:
        value.to_parquet(path)
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
    print(time.perf_counter() - started)
    os.unlink(path)


if __name__ == "__main__":
    main()
