"""The system calls that an answer may not make, as a program for the kernel.

libseccomp compiles it here, outside; the sandbox only loads it, and so needs no library for it.
"""

import errno
import sys
import tempfile
from functools import cache

# CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID and NET, of sched.h.
NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
DENIED = (
    # keys, and whatever else would outlive a question or reach another
    *("keyctl", "add_key", "request_key", "socket", "socketpair", "memfd_create", "memfd_secret"),
    *("shmget", "shmat", "shmctl", "semget", "semop", "semctl", "semtimedop"),
    *("msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink"),
    # other processes
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp"),
    *("pidfd_open", "pidfd_getfd", "pidfd_send_signal"),
    # namespaces and file systems
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount"),
    *("open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr"),
    *("open_by_handle_at", "name_to_handle_at", "fanotify_init", "quotactl", "swapon", "swapoff"),
    # the parts of the kernel in which most of its flaws were found
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter"),
    *("io_uring_register", "vmsplice", "modify_ldt", "personality", "lookup_dcookie"),
    # the machine itself
    *("kexec_load", "kexec_file_load", "reboot", "init_module", "finit_module", "delete_module"),
    *("syslog", "acct", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime"),
)


def holds():
    """Say in one sentence whether there is such a filter here."""
    if compiled():
        return "System calls that no answer needs are refused (seccomp)."
    return (
        "System calls are not filtered (seccomp), since libseccomp was not found: an answer can "
        "reach more of the kernel than it needs."
    )


@cache
def compiled():
    """Return the filter for this machine as bytes, empty if there is no libseccomp.

    Other architectures' calls, by which a filter could be gone around, end the process.
    """
    if not sys.platform.startswith("linux"):
        return b""
    try:
        import pyseccomp as seccomp
    except (ImportError, RuntimeError):  # the library itself is missing
        return b""
    forbid = seccomp.ERRNO(errno.EPERM)
    calls = seccomp.SyscallFilter(seccomp.ALLOW)
    for name in DENIED:
        if seccomp.resolve_syscall(seccomp.system_arch(), name) >= 0:
            calls.add_rule(forbid, name)
    for flag in NAMESPACES:
        calls.add_rule(forbid, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    # Its flags cannot be seen from here; told that there is none, the C library takes `clone`.
    calls.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    with tempfile.TemporaryFile() as file:
        calls.export_bpf(file)
        file.seek(0)
        return file.read()
