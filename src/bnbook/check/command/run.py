"""The command, from its arguments to its exit code."""

import sys

from bnbook.check.command import views
from bnbook.check.command.arguments import parser, told_in
from bnbook.check.command.classroom import told_of_all
from bnbook.check.command.processes import Options
from bnbook.check.command.submissions import submissions


def main(arguments=None):
    """Print what is told of every submission and return the exit code."""
    made = parser()
    given = made.parse_args(arguments)
    try:
        found = submissions(given.target)
    except ValueError as error:
        made.error(str(error))
    all_told = told_of_all(found, Options(given.kind, given.seed, given.timeout,
                                          given.memory, told_in(given)))
    view = (views.as_json if given.json else views.as_csv if given.csv
            else views.as_text)
    print(view(all_told, given.show_output))
    for told in all_told:
        if told["outcome"] == "failed":
            print(f"\nbnbook failed at {told['name']}:\n{told['traceback']}",
                  file=sys.stderr)
    return views.exit_code(all_told)
