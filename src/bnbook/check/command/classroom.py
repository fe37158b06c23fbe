"""Many submissions, a few at a time, with a line for each as it ends."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from bnbook.check.command import processes

AT_ONCE = 8  # each may take its 2 GB


def told_of_all(found, options):
    """What is told of every submission, in their order."""
    if len(found) == 1:
        return [processes.told_in_a_process(found[0], options)]
    progress = Progress(len(found))

    def one(submission):
        told = processes.told_in_a_process(submission, options)
        progress.tell(told)
        return told

    pool = ThreadPoolExecutor(min(os.cpu_count() or 1, AT_ONCE))
    try:
        return list(pool.map(one, found))
    finally:  # after Ctrl-C too: none is started, and none is left behind
        pool.shutdown(wait=False, cancel_futures=True)
        processes.end_all()


class Progress:
    """How far it is, on stderr."""

    def __init__(self, count):
        self.done, self.count = 0, count

    def tell(self, told):
        self.done += 1
        print(f"{self.done}/{self.count} {told['name']}: {told['outcome']} "
              f"({told['seconds']:.1f} s)", file=sys.stderr)
