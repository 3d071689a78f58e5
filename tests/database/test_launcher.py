"""A launched program is the program asked for, and goes when its parent goes."""

import os
import subprocess
import sys

from bot.database.program import LAUNCHER

LAUNCH = [sys.executable, "-I", "-S", str(LAUNCHER)]
PARENT = """
import os, subprocess, sys
launch = [*sys.argv[1:], "SIGKILL", str(os.getpid()), "--"]
subprocess.run([*launch, "/bin/sh", "-c", "echo ready; exec tail -f /dev/null"], check=True)
"""


def test_it_becomes_the_program_with_its_arguments() -> None:
    words = ["/bin/sh", "-c", 'printf "%s|" "$@"', "sh", "a b", "--own", "--"]
    done = subprocess.run([*LAUNCH, "SIGTERM", str(os.getpid()), "--", *words], capture_output=True)
    assert done.stdout == b"a b|--own|--|"


def test_it_goes_with_a_killed_parent() -> None:
    """The child holds the output open: that it ends says that the child is gone."""
    command = [sys.executable, "-c", PARENT, *LAUNCH]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        parent.kill()
        assert parent.communicate(timeout=20)[0] == b""


def test_it_does_not_start_for_a_parent_that_is_gone() -> None:
    gone = str(os.getppid())
    command = [*LAUNCH, "SIGTERM", gone, "--", "/bin/echo", "alive"]
    done = subprocess.run(command, capture_output=True)
    assert done.stdout == b""
    assert done.stderr.decode() == f"the parent process {gone} is gone\n"
