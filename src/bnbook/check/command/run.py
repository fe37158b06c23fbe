"""The command, from its arguments to its exit code."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from bnbook.check.command import processes, views
from bnbook.check.command.arguments import parser, told_in
from bnbook.check.command.submissions import submissions

AT_ONCE = 8  # each may take its 2 GB


def main(arguments=None):
    """Print what is told of every submission and return the exit code."""
    made = parser()
    given = made.parse_args(arguments)
    try:
        found = submissions(given.target)
    except ValueError as error:
        made.error(str(error))
    all_told = told_of_all(found, processes.Options(
        given.kind, given.seed, given.timeout, given.memory, told_in(given)))
    view = (views.as_json if given.json else views.as_csv if given.csv
            else views.as_text)
    print(view(all_told, given.show_output))
    for told in all_told:
        if told["outcome"] == "failed":
            print(f"\nbnbook failed at {told['name']}:\n{told['traceback']}",
                  file=sys.stderr)
    return views.exit_code(all_told)


def told_of_all(found, options):
    """What is told of every submission, in their order; a line on stderr as it ends."""
    if len(found) == 1:
        return [processes.told_in_a_process(found[0], options)]
    done = count(1)

    def one(submission):
        told = processes.told_in_a_process(submission, options)
        print(f"{next(done)}/{len(found)} {told['name']}: {told['outcome']} "
              f"({told['seconds']:.1f} s)", file=sys.stderr)
        return told

    pool = ThreadPoolExecutor(min(os.cpu_count() or 1, AT_ONCE))
    try:
        return list(pool.map(one, found))
    finally:  # after Ctrl-C too: none is started, and none is left behind
        pool.shutdown(wait=False, cancel_futures=True)
        processes.end_all()
