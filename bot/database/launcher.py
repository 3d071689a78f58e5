"""Starts a program that ends when its parent does and, as PostgreSQL demands, does not run as root.

A script, never imported: `launcher.py SIGNAL PARENT [--own FOLDER]... -- PROGRAM [ARGUMENT]...`
It turns into PROGRAM, so nothing of it stays. The kernel sends SIGNAL (SIGKILL, SIGINT, ...) once
process PARENT is gone, however it went; where the kernel cannot (anything but Linux) the program
runs all the same. With `--own`, root gives PROGRAM an identity that owns the FOLDERs; no user is
made on the machine for it.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import sys
from pathlib import Path

ORDINARY_USER = "nobody"  # initdb insists that its user has a name, and this one exists everywhere

# From the kernel's prctl.h, sched.h and capability.h.
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CLONE_NEWUSER = 0x10000000
CAPABILITY_VERSION_3, CAP_DAC_OVERRIDE = 0x20080522, 1

libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> None:
    """Reads the command line above and becomes the program it names."""
    split = arguments.index("--")
    (name, parent, *options), command = arguments[:split], arguments[split + 1 :]
    folders = [Path(option) for option in options if option != "--own"]
    if folders and os.geteuid() == 0:
        leave_root(folders, command[0])
    # Last, because a change of identity takes the wish back.
    end_with(int(parent), signal.Signals[name])
    os.execv(command[0], command)  # noqa: S606  a shell is what we do not want


def leave_root(folders: list[Path], program: str) -> None:
    """Prefers a user namespace, which changes no owner on disk; else becomes `nobody`."""
    user = pwd.getpwnam(ORDINARY_USER)
    if has_user_namespaces(user):
        give(folders, os.geteuid(), os.getegid())
        enter_user_namespace(user)
    else:
        give(folders, user.pw_uid, user.pw_gid)
        become(user, [program, *map(str, folders)])


def has_user_namespaces(user: pwd.struct_passwd) -> bool:
    """Tried in a child, because half a namespace could not be left again."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(OSError):
            enter_user_namespace(user)
            os._exit(0)
        os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def enter_user_namespace(user: pwd.struct_passwd) -> None:
    """Is `user` inside, while outside every file stays root's. Raises OSError where forbidden."""
    uid, gid = os.geteuid(), os.getegid()
    if not hasattr(libc, "unshare") or libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "no user namespaces here")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{user.pw_gid} {gid} 1")
    Path("/proc/self/uid_map").write_text(f"{user.pw_uid} {uid} 1")


def become(user: pwd.struct_passwd, needed: list[str]) -> None:
    """Gives root up for `user`; its reach into files stays if `needed` is under a closed folder."""
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    if not all(os.access(path, os.X_OK) for path in needed):
        keep_reach()


def keep_reach() -> None:
    """Hands CAP_DAC_OVERRIDE on to the program, as for a checkout under root's own closed home."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    reach = 1 << CAP_DAC_OVERRIDE
    effective_permitted_inheritable = (ctypes.c_uint32 * 6)(reach, reach, reach)
    libc.capset(header, effective_permitted_inheritable)
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def give(folders: list[Path], uid: int, gid: int) -> None:
    """Makes all in `folders` belong to `uid`; a folder itself last, so that half is done again."""
    for folder in folders:
        if folder.lstat().st_uid == uid:
            continue
        for inside, names, files in os.walk(folder, topdown=False):
            for name in (*names, *files):
                os.lchown(Path(inside, name), uid, gid)
        os.lchown(folder, uid, gid)


def end_with(parent: int, sign: signal.Signals) -> None:
    """Asks the kernel for `sign` when the parent goes; leaves at once when it has gone already."""
    if hasattr(libc, "prctl"):
        libc.prctl(PR_SET_PDEATHSIG, sign, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(f"the parent process {parent} is gone")


if __name__ == "__main__":
    main(sys.argv[1:])
