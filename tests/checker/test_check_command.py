"""The command: every way a submission can end, its views, and bnbook's own failures."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from bnbook.check import diagnose
from bnbook.check.command import arguments, processes, views
from bnbook.check.command.sources import without_magics
from bnbook.check.command.submissions import Submission, submissions
from bnbook.check.diagnosis import batch_norm
from bnbook.check.diagnosis.calls import Broke, attempt
from bnbook.check.diagnosis.diagnose import KINDS

RIGHT = '''\
import numpy as np

def batchnorm_forward(x, gamma, beta, eps=1e-5):
    xmu = x - x.mean(axis=0)
    ivar = 1 / np.sqrt((xmu**2).mean(axis=0) + eps)
    return gamma * xmu * ivar + beta, (xmu * ivar, ivar, gamma.copy())

def batchnorm_backward(dout, cache):
    xhat, ivar, gamma = cache
    dbeta, dgamma = dout.sum(axis=0), (dout * xhat).sum(axis=0)
    dx = gamma * ivar * (dout - dbeta / len(dout) - xhat * dgamma / len(dout))
    return dx, dgamma, dbeta
'''
WRONG = RIGHT.replace("- xhat * dgamma", "+ xhat * dgamma")
FIRST = "    xmu = x - x.mean(axis=0)\n"
# What stands first in the forward -> the outcome, and words of its one line.
ENDINGS = {
    "while True: pass": ("timeout", "ended after 6 s"),
    "import sys; sys.exit(0)": ("not run", "SystemExit: 0 (in batchnorm_forward"),
    "input('continue? ')": ("not run", "EOFError"),
    "while True: print('x' * 9999)": ("printing", "after printing 20 MB"),
    "import os; os.abort()": ("crash", "Aborted (signal 6)"),
    "import ctypes; ctypes.string_at(0)": ("crash", "(signal 11)"),
    "import os; os._exit(0)": ("crash", "exit code 0"),
    "np.ones(2**28)": ("memory", "Unable to allocate 2.00 GiB"),
    "kept = []\n    while True: kept.append(bytes(10**7))": ("memory", "MemoryError ("),
    "def f(): f()\n    f()": ("not run", "RecursionError"),
    "raise KeyError('gama')": ("not run", "KeyError: 'gama' (in batchnorm_forward"),
    "raise KeyboardInterrupt": ("not run", "KeyboardInterrupt"),
}


def starting(line):
    return RIGHT.replace(FIRST, f"    {line}\n{FIRST}")


def command(folder, *given, code, env=None):
    """The command's stdout and stderr, having ended with that exit code."""
    done = subprocess.run([sys.executable, "-m", "bnbook.check", *given], cwd=folder,
                          capture_output=True, text=True, env=env)
    assert done.returncode == code, done
    return done.stdout, done.stderr


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("line", ENDINGS)
def test_what_ends_a_submission_ends_it_alone_and_in_one_line(tmp_path, line):
    outcome, words = ENDINGS[line]
    (tmp_path / "ends.py").write_text(starting(line))
    (tmp_path / "right.py").write_text(RIGHT)
    memory = ["--memory", "0.5"] if "kept" in line else []  # 2 GB take seconds to fill
    out, err = command(tmp_path, "ends.py", "right.py", "--timeout", "6", *memory,
                       code=2)
    ended, *rest = out.split("\n\n")
    start = "could not be run" if outcome == "not run" else outcome
    assert ended.startswith(f"ends.py: {start}: ")
    assert words in ended and "\n" not in ended
    assert "is right." in rest[0] and rest[-1].startswith("2 submissions: ")
    assert "Traceback" not in out + err and "xxx" not in out + err


@pytest.mark.parametrize("text, words", [
    ("def forward(x:\n", "SyntaxError"), ("import no_such_thing\n", "no_such_thing"),
    ("import sys\nsys.exit(1)\n", "SystemExit: 1"), ("x = 3\n", "has no forward"),
    ("1 / 0\n", "ZeroDivisionError"), ("", "has no forward")])
def test_a_file_that_cannot_be_imported_is_told_in_one_line(tmp_path, text, words):
    (tmp_path / "mine.py").write_text(text)
    out, err = command(tmp_path, "mine.py", code=2)
    assert out.startswith("mine.py: could not be run: ") and out.count("\n") == 1
    assert words in out and not err


def test_what_a_submission_starts_ends_with_it(tmp_path):
    (tmp_path / "mine.py").write_text(starting(
        "import subprocess, sys\n"
        "    child = subprocess.Popen(['sleep', '600'])\n"
        "    open('pid', 'w').write(str(child.pid))\n    while True: pass"))
    command(tmp_path, "mine.py", "--timeout", "3", code=2)
    assert not_running(int((tmp_path / "pid").read_text()))


def not_running(pid):
    for _ in range(50):
        try:
            if "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text():
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.1)
    return False


def test_ctrl_c_leaves_no_process_behind(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.py").write_text(starting(
            f"import os; open('{name}', 'w').write(str(os.getpid()))\n"
            f"    os.rename('{name}', 'pid_{name}')  # whole, or not there\n"
            "    while True: pass"))
    run = subprocess.Popen([sys.executable, "-m", "bnbook.check", "a.py", "b.py"],
                           cwd=tmp_path, stdout=subprocess.DEVNULL,
                           preexec_fn=lambda: signal.signal(signal.SIGINT,
                                                            signal.SIG_DFL))
    for _ in range(200):
        if list(tmp_path.glob("pid_*")):
            break
        time.sleep(0.1)
    run.send_signal(signal.SIGINT)
    assert run.wait(10) == 130
    assert all(not_running(int(p.read_text())) for p in tmp_path.glob("pid_*"))


def test_what_the_code_prints_is_shown_only_if_asked_for(tmp_path):
    (tmp_path / "mine.py").write_text(starting("print('hello from x')"))
    assert "hello" not in "".join(command(tmp_path, "mine.py", code=0))
    out, _ = command(tmp_path, "mine.py", "--show-output", code=0)
    assert "is right." in out and "-- what it printed:\nhello from x" in out


def test_what_is_shown_of_printing_is_bounded(tmp_path):
    (tmp_path / "mine.py").write_text("print('x' * 10**6)\n" + RIGHT)
    out, _ = command(tmp_path, "mine.py", "--show-output", code=0)
    assert len(out) < 30_000 and "(and 980001 bytes more)" in out


def test_json_has_an_object_a_submission(tmp_path):
    (tmp_path / "a.py").write_text(RIGHT)
    (tmp_path / "b.py").write_text(WRONG)
    out, err = command(tmp_path, "a.py", "b.py", "--json", code=1)
    a, b = json.loads(out)
    assert (a["name"], a["outcome"], b["outcome"]) == ("a.py", "right", "wrong")
    assert "output" not in a and a["parts"]["dx"] == "right" == b["parts"]["y"]
    assert b["parts"]["dx"] == "wrong" and b["parts"]["dgamma"] == "right"
    fault, = [f for f in b["findings"] if f["kind"] == "fault"]
    assert fault["part"] == "dx" and fault["node"] == "ivar"
    assert set(fault) == {
        "of", "kind", "name", "node", "sentence", "certainty", "because", "part",
        "line"}
    assert "a.py: right" in err and "2/2" in err


def test_a_fault_of_two_outputs_is_said_once_and_is_of_both():
    def forward(x, gamma, beta, eps=1e-5):
        return names["batchnorm_forward"](x, gamma, beta, eps)

    def backward(dout, cache):
        return tuple(2 * a for a in names["batchnorm_backward"](dout, cache))

    names = {}
    exec(RIGHT, names)
    faults = diagnose(forward, backward).faults
    assert len({f.sentence for f in faults}) == len(faults)
    assert {p for f in faults for p in f.part.split(", ")} >= {"dx", "dgamma", "dbeta"}


CLASS = {"a_right": RIGHT, "b_wrong": WRONG, "c_loop": starting("while True: pass"),
         "d_crash": starting("import os; os.abort()"), "e_syntax": "def f(:\n",
         "f_exit": "import sys\nsys.exit(2)\n" + RIGHT, "g_right": RIGHT,
         "h_loop": "while True: print(end='')\n", "i_wrong": WRONG,
         "j_input": "name = input()\n" + RIGHT, "k/layers": RIGHT, "l_right": RIGHT}
GRADES = ["right", "wrong", "timeout", "crash", "not run", "not run", "right",
          "timeout", "wrong", "not run", "right", "right"]


def test_a_class_is_graded_into_a_csv(tmp_path):
    for name, text in CLASS.items():
        path = tmp_path / "class" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "class" / "_shared.py").write_text("1 / 0\n")
    out, err = command(tmp_path, "class", "--csv", "--timeout", "6", code=1)
    found = rows(out)
    assert [row["outcome"] for row in found] == GRADES
    assert [row["name"] for row in found] == [
        str(Path("class", f"{name}.py")) for name in CLASS]
    assert tuple(found[0]) == views.COLUMNS
    right, wrong, loop = found[:3]
    assert right["y"] == right["dx"] == right["dgamma"] == right["dbeta"] == "right"
    assert wrong["dx"] == "wrong" and "wrong sign" in wrong["faults"]
    assert not loop["y"] + loop["faults"] and "loop" in loop["why"]
    assert len(err.splitlines()) == 12 and "12/12" in err


def test_of_several_in_a_file_what_ran_is_told_and_what_did_not(tmp_path):
    (tmp_path / "mine.py").write_text(
        RIGHT + starting("raise KeyError").replace("def batchnorm", "def bn2_norm"))
    out, _ = command(tmp_path, "mine.py", code=2)
    assert "is right." in out and "could not be run" in out
    row, = rows(command(tmp_path, "mine.py", "--csv", code=2)[0])
    assert (row["outcome"], row["dx"]) == ("not run", "right")
    assert row["why"].startswith("bn2_norm_forward with bn2_norm_backward: your code")


def test_whoever_reads_it_may_have_read_enough(tmp_path):
    (tmp_path / "mine.py").write_text("print('x' * 10**6)\n" + RIGHT)
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "bnbook.check", "mine.py", "--show-output"],
        cwd=tmp_path, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def notebook(*cells):
    return json.dumps({"nbformat": 4, "cells": [
        {"cell_type": kind, "source": source.splitlines(True)}
        for kind, source in cells]})


def test_a_notebooks_cells_are_run_in_order_without_magics(tmp_path):
    forward, backward = RIGHT.split("def batchnorm_backward")
    (tmp_path / "mine.ipynb").write_text(notebook(
        ("markdown", "# Mine\n1 / 0"), ("code", "%matplotlib inline\n!pip install x\n"
                                        "import numpy as np\nnp.mean?"),
        ("code", "%%bash\nrm nothing"), ("code", "%%time\n" + forward),
        ("code", "data = open('no/such/data')"),
        ("code", "def batchnorm_backward" + backward)))
    out, _ = command(tmp_path, "mine.ipynb", code=0)
    assert "is right." in out and "cell 5 breaks: FileNotFoundError" in out


def test_a_notebook_without_a_batch_norm_says_which_cell_broke(tmp_path):
    (tmp_path / "mine.ipynb").write_text(notebook(("code", "import nothing_such")))
    out, _ = command(tmp_path, "mine.ipynb", code=2)
    assert "cell 1 breaks: ModuleNotFoundError" in out and out.count("\n") == 1


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": [3]}', ""])
def test_what_is_no_notebook_is_told(tmp_path, text):
    (tmp_path / "mine.ipynb").write_text(text)
    out, _ = command(tmp_path, "mine.ipynb", code=2)
    assert out.startswith("mine.ipynb: could not be run: ") and out.count("\n") == 1


def test_a_percent_sign_is_no_magic_where_python_reads_it():
    source = "words = ('%d'\n  % 3)\n"
    assert without_magics(source) == source
    assert without_magics("if a:\n    %time b\nc = !ls") == "if a:\n    pass\npass"


@pytest.mark.parametrize("target", [
    "mine:batchnorm_forward,batchnorm_backward", "mine.py:batchnorm_backward", "mine",
    "sub/other.py", "sub/other.py:batchnorm_forward,batchnorm_backward",
    "mine.py:Both"])
def test_a_target_is_a_file_a_module_or_names_in_it(tmp_path, target):
    (tmp_path / "sub").mkdir()
    both = ("\nclass Both:\n    forward = staticmethod(batchnorm_forward)\n"
            "    backward = staticmethod(batchnorm_backward)\n")
    for name in ("mine", "sub/other"):
        (tmp_path / f"{name}.py").write_text(RIGHT + both * (":Both" in target))
    command(tmp_path, target, code=0)


def test_a_submission_called_as_a_module_of_pythons_is_in_nobodys_way(tmp_path):
    for name in ("random", "copy", "types"):
        (tmp_path / "class").mkdir(exist_ok=True)
        (tmp_path / "class" / f"{name}.py").write_text(RIGHT)
    out, _ = command(tmp_path, "class", "--csv", code=0)
    assert [row["outcome"] for row in rows(out)] == ["right"] * 3


@pytest.mark.parametrize("given, words", [
    (["no.py"], "target: there is no file 'no.py', expected a file"),
    (["empty"], "target: the folder 'empty' holds no submission, expected .py"),
    (["mine", "--timeout", "0"], "'0', expected a number above 0"),
    (["mine", "--timeout", "soon"], "'soon', expected a number above 0"),
    (["mine", "--memory", "inf"], "'inf', expected a number above 0"),
    (["mine", "--json", "--csv"], "not allowed with"), ([], "required: target")])
def test_a_wrong_call_is_refused_in_a_line_before_anything_runs(tmp_path, given, words):
    (tmp_path / "empty").mkdir()
    (tmp_path / "mine.py").write_text("open('ran', 'w')\n" + RIGHT)
    out, err = command(tmp_path, *given, code=2)
    assert words in err.splitlines()[-1] and not out
    assert not (tmp_path / "ran").exists()


def test_the_help_says_that_it_runs_the_code_and_how_to_confine_it(tmp_path):
    out, _ = command(tmp_path, "--help", code=0)
    for words in ("IT RUNS THE CODE", "with your rights", "docker run", "sudo -u",
                  "3 bnbook itself failed"):
        assert words in out


def test_the_kinds_of_the_help_are_those_of_the_checker():
    assert arguments.KINDS == KINDS


def test_a_submission_is_split_into_its_place_and_its_names():
    assert submissions(["a:b, c", "a", "a:"]) == [
        Submission("a:b, c", "a", ("b", "c")), Submission("a", "a"),
        Submission("a:", "a")]


PLANTED = """
import sys
if "-c" in sys.argv:
    import bnbook.check.diagnosis.batch_norm as core
    def planted(*given):
        raise KeyError("planted")
    core.outputs.forward_findings = planted
"""


def test_an_own_error_exits_3_and_is_not_told_as_the_readers(tmp_path):
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "sitecustomize.py").write_text(PLANTED)
    (tmp_path / "wrong.py").write_text(WRONG)
    (tmp_path / "syntax.py").write_text("def f(:\n")
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "planted")}
    out, err = command(tmp_path, "wrong.py", "syntax.py", "--csv", code=3, env=env)
    failed, syntax = rows(out)
    assert (failed["outcome"], syntax["outcome"]) == ("failed", "not run")
    assert not failed["faults"] and failed["why"] == "KeyError: 'planted'"
    assert "bnbook failed at wrong.py:\nTraceback" in err
    assert "no fault of the code it was given. Please report it" in err


def test_an_own_error_is_raised_and_says_whose_it_is(monkeypatch):
    def planted(*given):
        raise KeyError("planted")

    monkeypatch.setattr(batch_norm.outputs, "forward_findings", planted)
    names = {}
    exec(RIGHT, names)
    with pytest.raises(KeyError) as raised:
        diagnose(names["batchnorm_forward"], names["batchnorm_backward"])
    assert "bnbook's own failure" in raised.value.__notes__[0]


@pytest.mark.parametrize("part", ["conduct", "state", "use"])
def test_an_own_error_in_a_late_check_is_raised_too(monkeypatch, part):
    def planted(*given):
        raise ValueError("planted")

    inside = {"conduct": ("conduct", "not_repeatable"), "use": ("use", "float16"),
              "state": ("state", "test_mode")}[part]
    module = __import__(f"bnbook.check.diagnosis.{inside[0]}", fromlist=["x"])
    monkeypatch.setattr(module, inside[1], planted)
    with pytest.raises(ValueError, match="planted"):
        diagnose(__import__("bnbook.norm", fromlist=["BatchNorm"]).BatchNorm)


@pytest.mark.parametrize("error", [KeyError("a"), SystemExit(3), MemoryError(),
                                   GeneratorExit(), RecursionError()])
def test_what_the_readers_code_raises_is_carried(error):
    def f():
        raise error

    with pytest.raises(Broke) as raised:
        attempt(f)
    assert raised.value.__cause__ is error


def test_the_keyboard_is_the_users():
    def f():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(f)


# What a reader's code may return in place of an array.
ODD = {
    "None": lambda a: None, "text": lambda a: "dx", "a number": lambda a: 3.0,
    "ragged": lambda a: [[1.0], [1.0, 2.0]], "a dict": lambda a: {"a": a},
    "objects": lambda a: a.astype(object), "complex": lambda a: a.astype(complex),
    "bools": lambda a: a > 0, "whole": lambda a: a.astype(int),
    "empty": lambda a: a[:0],
    "transposed": lambda a: a.T, "a row": lambda a: a[:1], "flat": lambda a: a.ravel(),
    "NaN": lambda a: a * np.nan, "infinite": lambda a: a * np.inf,
    "a function": lambda a: lambda: a, "half": lambda a: a.astype(np.float16),
    "dates": lambda a: np.zeros(a.shape, "M8[s]"), "frozen": lambda a: frozen(a),
}


def frozen(a):
    a.setflags(write=False)
    return a


@pytest.mark.parametrize("odd", ODD)
def test_whatever_is_returned_is_no_failure_of_bnbooks(odd):
    names = {}
    exec(RIGHT, names)
    for place in range(4):
        def forward(x, gamma, beta, eps=1e-5, place=place):
            y, cache = names["batchnorm_forward"](x, gamma, beta, eps)
            return (ODD[odd](y) if place == 3 else y), cache

        def backward(dout, cache, place=place):
            found = list(names["batchnorm_backward"](dout, cache))
            if place < 3:
                found[place] = ODD[odd](found[place])
            return tuple(found)

        assert str(diagnose(forward, backward))


@pytest.mark.parametrize("odd", ODD)
def test_whatever_a_layer_keeps_is_no_failure_of_bnbooks(odd):
    names = {}
    exec(RIGHT, names)
    for kept in ("gamma", "beta", "dgamma", "running_mean", "running_var"):
        class Mine:
            def __init__(self, features, kept=kept):
                self.gamma, self.beta = np.ones(features), np.zeros(features)
                self.running_mean = np.zeros(features)
                self.running_var = np.ones(features)
                if hasattr(self, kept):
                    setattr(self, kept, ODD[odd](getattr(self, kept)))

            def forward(self, x, training=True):
                y, self.cache = names["batchnorm_forward"](x, self.gamma, self.beta)
                return y

            def backward(self, dout, kept=kept):
                dx, dgamma, self.dbeta = names["batchnorm_backward"](dout, self.cache)
                self.dgamma = ODD[odd](dgamma) if kept == "dgamma" else dgamma
                return dx

        assert str(diagnose(Mine))


def test_processes_are_bounded_where_the_system_can(tmp_path):
    resource = pytest.importorskip("resource")
    (tmp_path / "mine.py").write_text(
        "import resource as r\nprint(r.getrlimit(r.RLIMIT_AS), "
        "r.getrlimit(r.RLIMIT_CORE))\n" + RIGHT)
    told = processes.told_in_a_process(
        Submission("mine", str(tmp_path / "mine.py")), processes.Options(gigabytes=1.5))
    assert told["outcome"] == "right" and resource
    assert told["output"].startswith(f"({3 * 2**29}, {3 * 2**29}) (0, 0)")
