"""Tricks against the sandbox itself: other processes, the kernel, the reply, the next question.

As in `hostile`, each stands around wrong answers and, as its twin, around right ones. None of them
may cost a neighbour anything, so most are played in the first question only.
"""

from .hostile import FIRST, Trick

DAEMON = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        end = time.monotonic() + 8
        while time.monotonic() < end:
            {act}
    os._exit(0)
"""
C = """
import ctypes, os
C = ctypes.CDLL(None)
def attempt(function, *arguments):
    try: return function(*arguments)
    except BaseException: return None
"""
KILLS = "for pid in range(2, 400):\n                try: os.kill(pid, signal.{signal})\n"
KILLS += "                except OSError: pass"
FORGED = """
import json, os, struct
plain = json.dumps({'tuple': [[{'tuple': ['value', 1.0]}] * 9, []]}).encode()
frame = struct.pack('>I', len(plain)) + plain
"""
REPLY = "import json, os\nos.write(3, json.dumps({}).encode())\nos._exit(0)"


def first(says, before="", after="", status=None):
    return Trick(says, before, after, everywhere=False, harms={FIRST: status} if status else {})


def writes(reply):
    """Write another reply than the right one, and leave before that is sent."""
    return REPLY.format(reply)


PROCESSES = {
    "daemon_kills": first(
        "kills all it can find, for ever", after=DAEMON.format(act=KILLS.format(signal="SIGKILL"))
    ),
    "daemon_stops": first(
        "stops all it can find, for ever", after=DAEMON.format(act=KILLS.format(signal="SIGSTOP"))
    ),
    "daemon_forges": first(
        "writes replies to whatever file anybody has open",
        FORGED + "here = os.getpid()",
        DAEMON.format(
            act="[os.write(os.open(f'/proc/{p}/fd/{f}', os.O_WRONLY), frame) "
            "for p in os.listdir('/proc') if p.isdigit() and int(p) not in (here, os.getpid()) "
            "for f in range(9) if os.path.exists(f'/proc/{p}/fd/{f}')]"
        ),
    ),
    "daemon_that_survives_its_parent": first(
        "takes back the signal of a parent's end",
        C + "C.prctl(1, 0, 0, 0, 0)\n" + DAEMON.format(act="time.sleep(1)"),
    ),
    "kills_its_group": first("kills its process group", C + "attempt(os.kill, 0, 9)"),
    "stops_its_group": first("stops its process group", C + "attempt(os.killpg, 0, 19)"),
    "traces_its_parent": first(
        "attaches itself to the processes before it",
        C + "for pid in range(0, 40): C.ptrace(16, pid, 0, 0); C.ptrace(0x4206, pid, 0, 0)",
    ),
    "writes_memory": first(
        "writes into the memory of others, and of itself",
        C + "for pid in ('1', '2', '3', str(os.getppid())):\n"
        "    attempt(lambda: open(f'/proc/{pid}/mem', 'r+b').write(b'x' * 99))",
    ),
    "many_processes": first(
        "starts Python over and over",
        C + "import subprocess, sys\n"
        "attempt(lambda: [subprocess.Popen([sys.executable, '-c', 'while 1: pass'])"
        " for _ in range(50)])",
    ),
    "many_threads": first(
        "starts threads that never end",
        C + "import threading\n"
        "attempt(lambda: [threading.Thread(target=lambda: [0 for _ in iter(int, 1)], daemon=True)"
        ".start() for _ in range(500)])",
    ),
    "becomes_another_program": first(
        "becomes a shell",
        "import os\nos.execv('/bin/sh', ['sh', '-c', 'sleep 0'])",
        status="crashed",
    ),
    "leaves_its_child_to_answer": first(
        "leaves, and lets a child answer", "import os\nif os.fork(): os._exit(0)", status="crashed"
    ),
    "signals_itself": first(
        "sends itself every signal that does not kill",
        C + "import signal\nfor n in (1, 2, 10, 12, 13, 17, 18, 23, 28): signal.signal(n, "
        "signal.SIG_IGN); os.kill(os.getpid(), n)",
    ),
}

REPLIES = {
    "outcomes_are_a_dict": first(
        "replies with a dict of outcomes",
        writes({"tuple": [{"dict": [[{"tuple": ["value", 1]}, 1]]}, []]}),
        status="crashed",
    ),
    "outcomes_are_lists": first(
        "replies with lists in place of tuples",
        writes({"tuple": [[["value", 1.0]] * 6, []]}),
        status="crashed",
    ),
    "outcomes_are_numbers": first(
        "replies with numbers", writes({"tuple": [[1, 2, 3], []]}), status="crashed"
    ),
    "too_few_outcomes": first(
        "replies with one outcome",
        writes({"tuple": [[{"tuple": ["value", 1]}], []]}),
        status="crashed",
    ),
    "errors_are_arrays": first(
        "replies with errors that are arrays",
        writes({"tuple": [[], [{"array": ["<f8", [0], ""]}]]}),
        status="failed",
    ),
    "empty_array_of_a_billion_lists": first(
        "replies with an empty array that would be a billion lists",
        writes({"tuple": [[], {"array": ["<f8", [10**9, 0], ""]}]}),
        status="crashed",
    ),
    "an_array_as_kind": first(
        "replies with an array where a word belongs",
        writes({"tuple": [[{"tuple": [{"array": ["|b1", [2], "AQE="]}, 1]}], []]}),
        status="crashed",
    ),
    "half_a_reply": first(
        "leaves in the middle of a reply",
        "import os\nos.write(3, b'{\"tuple\": [[')\nos._exit(0)",
        status="crashed",
    ),
    "half_a_frame": first(
        "writes the beginning of a frame",
        "import os\nos.write(3, b'\\x00\\x7f\\xff')\nos._exit(0)",
        status="crashed",
    ),
    "says_that_the_machine_failed": first(
        "replies that it was not confined",
        "import os\nos.write(3, b'-')\nos._exit(0)",
        status="crashed",
    ),
    "nothing": first("replies nothing", "import os\nos._exit(0)", status="crashed"),
    "huge_reply": first(
        "replies with 100 MB",
        "import os, signal\nsignal.signal(13, signal.SIG_DFL)\n"
        "for _ in range(100): os.write(3, bytes(10**6))",
        status="crashed",
    ),
    "reply_without_end": first(
        "never ends its reply",
        "import os\nwhile True:\n    try: os.write(3, b'[' * 4096)\n    except OSError: pass",
        status="timed_out",
    ),
    "two_replies": first(
        "lets two processes reply",
        "import os\nos.getpid = lambda: 1\nchild = os.fork()\nif child: os.waitpid(child, 0)",
        status="crashed",
    ),
    "replies_for_the_next": first(
        "sends frames for the questions that follow",
        FORGED + "os.write(3, (frame + bytes(4)) * 9)",
        status="crashed",
    ),
    "uses_up_files": first(
        "opens files until none is left",
        C + "files = []\nattempt(lambda: [files.append(open('/dev/null')) for _ in range(999)])",
    ),
    "forgets_modules": first(
        "empties the table of modules", after="import sys\nsys.modules.clear()"
    ),
    "never_leaves": first(
        "makes leaving impossible", after="import os\nos._exit = lambda code: None"
    ),
}

ERRORS = {
    "long_names": Trick(
        "raises an error whose name is a megabyte",
        after="raise type('x' * 10**6, (Exception,), {})",
    ),
    "speaking_names": Trick(
        "raises an error whose name says what only the sandbox knows",
        after="raise type('/root/' + open('/proc/self/mountinfo').read(), (Exception,), {})('x')",
    ),
    "speaking_texts": Trick(
        "raises a known error whose text says what only the sandbox knows",
        after="raise ValueError(open('/proc/self/mountinfo').read() * 100)",
    ),
    "name_is_no_text": Trick(
        "raises an error whose name is not a text",
        after="class Meta(type):\n"
        "    __name__ = property(lambda cls: ['not', 'text'])\n"
        "raise Meta('x', (Exception,), {})('x')",
    ),
    "error_that_cannot_be_shown": Trick(
        "raises an error that fails when it is read",
        after="class E(Exception):\n    def __str__(self): raise SystemExit\nraise E",
    ),
}

KERNEL = {
    "namespaces": Trick(
        "asks for namespaces and mounts 8 GB of memory",
        C + "for flag in (0x10000000, 0x20000, "
        "0x40000000, 0x2000000, 0x8000000, 0x20000000, 0x4000000, 0x10020000): C.unshare(flag)\n"
        "C.mount(b'x', b'/tmp', b'tmpfs', 0, b'size=8g')\nC.umount2(b'/tmp', 2)\n"
        "C.mount(b'x', b'/', None, 4096 | 32, None)",
    ),
    "gets_rights_back": Trick(
        "tries to become somebody",
        C + "for call in (os.setuid, os.setgid): attempt(call, 0)\n"
        "attempt(os.setgroups, [0])\nattempt(os.chroot, '/tmp')\nattempt(os.nice, -5)\n"
        "import resource\nfor kind in range(16): attempt(resource.setrlimit, kind, (-1, -1))\n"
        "attempt(os.mknod, '/tmp/disk', 0o60666, os.makedev(254, 0))",
    ),
    "writes_proc": Trick(
        "writes into every file of /proc",
        C + "import glob\n"
        "for path in [*glob.glob('/proc/self/*'), *glob.glob('/proc/sys/*/*')]:\n"
        "    if path.rpartition('/')[2] not in ('mem', 'clear_refs'):\n"
        "        attempt(lambda: os.write(os.open(path, os.O_WRONLY | os.O_NONBLOCK), b'1'))",
    ),
    "programs_of_root": Trick(
        "runs programs that make others root",
        C + "import subprocess\n"
        "for program in ('su', 'mount', 'passwd', 'newgrp', 'fusermount3'):\n"
        "    attempt(lambda: subprocess.run([program], timeout=2))",
    ),
    "fills_memory_files": Trick(
        "keeps memory in files, pipes and shared maps",
        C + "import mmap\nheld = []\n"
        "attempt(lambda: [held.append(mmap.mmap(-1, 400_000_000)) for _ in range(9)])\n"
        "attempt(lambda: [os.truncate(open(f'/dev/shm/{i}', 'wb').name, 10**10) for i in (1, 2)])\n"
        "attempt(lambda: [held.append(os.pipe()) for _ in range(9)])\nheld.clear()",
    ),
    "many_small_files": Trick(
        "makes files until no more can be made",
        C + "attempt(lambda: [open(f'/tmp/{i}', 'w').close() for i in range(10**6)])",
    ),
    "other_architecture": first(
        "makes calls by the numbers of another architecture",
        C + "C.syscall(0x40000000 + 39)",
        status="crashed",
    ),
    "terminal": Trick(
        "types into the terminal",
        C + "import fcntl\n"
        "for name in ('/dev/tty', '/dev/console', '/dev/ptmx', '/dev/pts/0'):\n"
        "    attempt(lambda: fcntl.ioctl(os.open(name, os.O_RDWR), 0x5412, b'x'))",
    ),
    "links": Trick(
        "puts links where others may look",
        C + "for name in ('reply', 'numpy.py', '.pytest'):\n"
        "    attempt(os.symlink, '/proc/1/mem', f'/tmp/{name}')",
    ),
}

SANDBOX_TRICKS = {**PROCESSES, **REPLIES, **ERRORS, **KERNEL}
