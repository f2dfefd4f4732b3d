"""What a question's process gives up before any of a student's code runs in it.

On Linux, by the kernel's own calls, since Python 3.11 has no names for them. This file runs inside
the sandbox and imports nothing of the course.
"""

import ctypes
import os
import platform
import resource
import signal
import sys

import limits

LINUX = sys.platform.startswith("linux")
LIMITS = {
    resource.RLIMIT_AS: limits.MEMORY_BYTES,
    resource.RLIMIT_FSIZE: limits.FILE_BYTES,
    resource.RLIMIT_CPU: limits.CPU_SECONDS,
    resource.RLIMIT_NOFILE: limits.MAX_FILES,
    resource.RLIMIT_CORE: 0,
}

# From the kernel's headers: sched.h, mount.h, prctl.h, keyctl.h.
CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID = 0x20000, 0x8000000, 0x10000000, 0x20000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP = 1, 4, 22
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
SECCOMP_MODE_FILTER = 2
SYS_KEYCTL = {"x86_64": 250, "aarch64": 219}
KEYCTL_JOIN_SESSION_KEYRING = 1
CAPABILITIES_VERSION_3 = 0x20080522

libc = ctypes.CDLL(None, use_errno=True)


class Program(ctypes.Structure):
    """A seccomp filter, as `prctl` takes it."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def system(name, *arguments):
    """Call a function of the C library; its failure is an OSError."""
    if getattr(libc, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def new_namespaces():
    """Give the next child processes, mounts and System V objects of its own."""
    system("unshare", CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC)


def fresh_mounts(kept):
    """Cover what an earlier question could have written, and what shows other processes.

    The folders in `kept`, which lie where something is covered, stay in sight.
    """
    kept = {path: os.open(path, os.O_PATH) for path in kept}
    system("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)
    options = f"size={limits.FILE_BYTES},nr_inodes=1000,mode=1777".encode()
    for folder in (b"/tmp", b"/dev/shm"):
        system("mount", b"tmpfs", folder, b"tmpfs", MS_NOSUID | MS_NODEV, options)
    for path, file in kept.items():
        os.makedirs(path)
        folder = f"/proc/self/fd/{file}".encode()
        system("mount", folder, path.encode(), None, MS_BIND | MS_REC, None)
        os.close(file)
    system("mount", b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None)
    os.chdir("/tmp")


def become_nobody(uid=None):
    """Enter a user namespace in which this process is nobody, and no further one can be made.

    Parameters
    ----------
    uid : int, optional
        Who to be outside of it: limits on processes do not bind root, so that root becomes somebody
        that nobody else is.
    """
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    outside = os.getuid(), os.getgid()
    system("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0)  # else these files belong to root
    system("unshare", CLONE_NEWUSER)
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"{limits.NOBODY} {outside[0]} 1")
    write("/proc/self/gid_map", f"{limits.NOBODY} {outside[1]} 1")
    write("/proc/sys/user/max_user_namespaces", "0")
    resource.setrlimit(resource.RLIMIT_NPROC, (limits.MAX_PROCESSES,) * 2)


def write(path, text):
    """Write a text into one of the kernel's files."""
    with open(path, "w") as file:
        file.write(text)


def empty_keyring():
    """Leave the session keyring that was inherited for an empty one."""
    number = SYS_KEYCTL.get(platform.machine())
    if number is None:
        raise OSError(f"the number of keyctl is not known for {platform.machine()}")
    system("syscall", number, KEYCTL_JOIN_SESSION_KEYRING, None)


def give_up_rights():
    """Drop all capabilities, and never gain any again."""
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION_3, 0)
    system("capset", header, (ctypes.c_uint32 * 6)())
    system("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def filter_calls(instructions):
    """Forbid the system calls that a compiled seccomp filter names, from now on."""
    program = Program(len(instructions) // 8, instructions)
    system("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)


def confine(namespaces, uid, kept, instructions):
    """Give up what an answer does not need; afterwards a student's code may run.

    Parameters
    ----------
    namespaces : bool
        Whether this process is the first of a namespace made by `new_namespaces`.
    uid : int or None
        See `become_nobody`.
    kept : list of str
        See `fresh_mounts`.
    instructions : bytes
        A compiled seccomp filter; empty where there is none.

    Raises
    ------
    OSError
        If the kernel refuses something.
    """
    if namespaces:
        fresh_mounts(kept)
        become_nobody(uid)
    if not LINUX:
        resource.setrlimit(resource.RLIMIT_CPU, (limits.CPU_SECONDS,) * 2)
        return
    for kind, limit in LIMITS.items():
        resource.setrlimit(kind, (limit, limit))
    give_up_rights()
    try:
        empty_keyring()
    except OSError:
        if namespaces and not instructions:  # the filter forbids keys, too
            raise
    if instructions:
        filter_calls(instructions)
    hide()
    system("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def hide():
    """Let no other process of this user look into this one."""
    if LINUX:
        system("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)


def adopt_orphans():
    """Become the parent of every descendant whose own parent ends."""
    if LINUX:
        system("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_descendants():
    """Kill the children of this process until there are none; those they leave become its own."""
    me = os.getpid()
    while True:
        for child in children(me):
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def children(parent):
    """Return the children of a process; empty where there is no /proc."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc") if LINUX else ()):
        try:
            with open(f"/proc/{name}/stat") as file:
                if int(file.read().rpartition(")")[2].split()[1]) == parent:
                    found.append(int(name))
        except OSError:
            pass
    return found
