"""What runs inside the sandbox: a warm interpreter that forks once for each question.

Started as ``python -I runner.py FOLDERS SETTINGS``, where FOLDERS (separated by ``:``) hold `wire`,
`limits`, `isolation` and the course, and SETTINGS is what `sandbox.settings` returns, as JSON.
Requests come on standard input and replies go to standard output, as frames of `wire`. The first
frame to go out is empty and says that all is ready; a reply is followed by an empty frame once
every process of the question has ended.

No student's code ever runs in this process. It forks a keeper for each question, which makes the
question's namespaces and awaits their end; the keeper forks the process that confines itself and
answers. What that one writes is only counted here, so that the worst reply is a wrong answer.
"""

import base64
import builtins
import json
import os
import re
import signal
import sys
import types

REPLY = 3  # the file on which a question's process replies
ONE_QUESTION_SECONDS = 60  # the life of a container from its question on


class Silent:
    """Stands for IPython's shell: any attribute and any call is accepted and does nothing."""

    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self

    def __iter__(self):
        return iter(())


def without_magics(source):
    """Comment out the lines that only IPython understands."""
    return re.sub(r"^(\s*)([%!])", r"\1pass  # \2", source, flags=re.MULTILINE)


def execute(source, namespace):
    """Run one cell as a notebook would; returns the name of the error that stopped it, or None."""
    try:
        try:
            code = compile(source, "<answer>", "exec")
        except SyntaxError:
            code = compile(without_magics(source), "<answer>", "exec")
        exec(code, namespace)
    except BaseException as error:
        return type(error).__name__


def answer(request):
    """Run the cells of a request, call its function, and return (outcomes, errors)."""
    from exercises.outcomes import outcome  # imported before any student's code has run

    # Answers get builtins of their own: who patches `len` must not break the code that replies.
    own = types.ModuleType("builtins")
    vars(own).update(vars(builtins))
    sys.modules["builtins"] = own
    namespace = {"__name__": "__main__", "__builtins__": vars(own)}
    namespace.update(get_ipython=Silent(), display=Silent())
    for source in request["given"]:
        execute(source, namespace)
    errors = [execute(source, namespace) for source in request["answers"]]
    errors = [error for error in errors if error]
    function = namespace.get(request["function"])
    if function is None:
        return [], errors
    outcomes = []
    for case in request["cases"]:
        try:
            outcomes.append(outcome(function, case)[:2])
        except BaseException as error:  # exit() and the like
            outcomes.append(("raised", type(error).__name__))
    return outcomes, errors


def reply(wire, request):
    """Return the packed reply to a request, or a packed TypeError for each case."""
    request = wire.unpack(request)
    outcomes, errors = answer(request)
    try:
        return wire.pack((outcomes, errors))
    except (TypeError, ValueError, RecursionError):
        return wire.pack(([("raised", "TypeError")] * len(outcomes), errors))


def serve(folders, settings):
    """Answer requests until the input ends, or a single one."""
    sys.path[:0] = folders
    requests, replies = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    import isolation
    import wire

    import exercises.outcomes  # noqa: F401  so that every child has it, and numpy, already

    isolation.hide()

    def ask(request):
        return ask_confined(request, wire, isolation, settings)

    trial = {"given": [], "answers": [], "function": "", "cases": []}
    if ask(wire.pack(trial)) != wire.CONFINED + wire.pack(([], [])):
        sys.exit("the trial question was not answered")
    os.dup2(nowhere, 2)
    wire.send(replies, b"")
    while True:
        try:
            request = wire.receive(requests)
        except EOFError:
            return
        if settings["once"]:
            signal.alarm(ONE_QUESTION_SECONDS)
        wire.send(replies, ask(request))
        wire.send(replies, b"")
        if settings["once"]:
            return


def ask_confined(request, wire, isolation, settings):
    """Return what a question's process wrote, without its reply if that is too large."""
    reader, writer = os.pipe()
    try:
        keeper = os.fork()
    except OSError:
        keeper = None  # nobody will write, and the machine's failure is told
    if keeper == 0:
        try:
            os.dup2(writer, REPLY)
            os.closerange(REPLY + 1, 1024)
            keep(request, wire, isolation, settings)
        finally:
            os._exit(0)
    os.close(writer)
    data = read(reader, wire.MAX_FRAME_BYTES + 1)
    os.close(reader)
    if keeper:
        os.waitpid(keeper, 0)
    if data[:1] != wire.CONFINED:
        return wire.NOT_CONFINED
    return data if len(data) <= wire.MAX_FRAME_BYTES else wire.CONFINED


def read(file, size):
    """Return what comes from a file until its end, but at most `size` bytes."""
    data = bytearray()
    while len(data) < size and (part := os.read(file, size - len(data))):
        data += part
    return bytes(data)


def keep(request, wire, isolation, settings):
    """Fork the process of a question, and await the end of all its processes."""
    os.setsid()
    if settings["namespaces"]:
        isolation.new_namespaces()
    else:
        isolation.adopt_orphans()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            instructions = base64.b64decode(settings["filter"])
            isolation.confine(
                settings["namespaces"], settings["uid"], settings["kept"], instructions
            )
            mine = os.getpid()
            os.write(REPLY, wire.CONFINED)
            data = reply(wire, request)
            if os.getpid() == mine:  # an answer may have forked: one reply is enough
                with os.fdopen(REPLY, "wb") as stream:
                    stream.write(data)
        finally:
            os._exit(0)
    os.close(REPLY)
    os.waitpid(child, 0)  # the first of a namespace of processes is the last to end
    if not settings["namespaces"]:
        isolation.end_descendants()


if __name__ == "__main__":
    serve(sys.argv[1].split(":"), json.loads(sys.argv[2]))
