"""Becomes a program to whose root the kernel grants no user namespace, as in most containers.

`python container.py PROGRAM [ARGUMENT]...`. The limit is set within a namespace of our own and
holds only there. Where not even that one is granted, the machine is such a container itself.
"""

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000


def enter() -> None:
    reader, writer = os.pipe()
    if os.fork() == 0:  # only a process outside may map more than one user into the namespace
        if os.read(reader, 1) == b"y":
            for name in ("uid_map", "gid_map"):
                Path(f"/proc/{os.getppid()}/{name}").write_text("0 0 65536")
        os._exit(0)
    granted = ctypes.CDLL(None).unshare(CLONE_NEWUSER) == 0
    os.write(writer, b"y" if granted else b"n")
    os.wait()
    if granted:
        Path("/proc/sys/user/max_user_namespaces").write_text("0")


if __name__ == "__main__":
    if os.geteuid() == 0:
        enter()
    os.execv(sys.argv[1], sys.argv[1:])
