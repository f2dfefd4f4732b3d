"""The set-up: requirements, Makefile, README, workflow and citation, as far as seconds can tell."""

import ast
import importlib.metadata
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.tools.environment import CELL_TIMEOUT

ROOT = Path(__file__).parents[1]
IGNORED = {".git", ".venv", "__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".ruff_cache"}
WINDOWS = os.name == "nt"

# Requirements that are used by a command or a plugin, and not imported: where that stands.
USED_BY_NAME = {
    "check-jsonschema": ("tests/test_setup.py", "check_jsonschema"),
    "ipykernel": ("tests/tools/store.py", '"name": "python3"'),
    "ipywidgets": ("tests/test_store.py", "import os, pathlib, sys, ipywidgets"),
    "jupyterlab": ("Makefile", "-m jupyterlab"),
    "nbval": ("pyproject.toml", "--nbval"),
    "pytest-rerunfailures": ("tests/browser/test_explorers_in_lab.py", "mark.flaky(reruns="),
    "pytest-timeout": ("tests/browser/test_explorers_in_lab.py", "mark.timeout("),
    "pytest-xdist": ("Makefile", "-n 2"),
    "ruff": ("Makefile", "-m ruff"),
}


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def files(*endings):
    """The files of the project with one of these endings."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(set(folders) - IGNORED)
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(endings))


def required(name="requirements.txt"):
    """Lines of a requirements file without comments and without the course itself."""
    lines = [line.partition("#")[0].strip() for line in read(name).splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("-e")]


def peers():
    """Names of what the speed of the course is compared with; it may be installed or not."""
    return {canonicalize_name(each.name) for each in required("tests/requirements-benchmarks.txt")}


def run(*command, **options):
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, **options
    )


# Requirements


def test_requirements_end_by_installing_the_course():
    assert read("requirements.txt").splitlines()[-1] == "-e ."


@pytest.mark.parametrize("name", ["requirements.txt", "tests/requirements-benchmarks.txt"])
def test_each_requirement_has_bounds_and_a_reason(name):
    for line in read(name).splitlines():
        if line and not line.startswith(("#", "-e")):
            requirement, _, reason = line.partition("#")
            bounds = {bound.operator for bound in Requirement(requirement.strip()).specifier}
            assert bounds == {">=", "<"}, line
            assert reason.strip(), line


def test_the_installed_versions_lie_within_the_bounds():
    for requirement in required():
        assert importlib.metadata.version(requirement.name) in requirement.specifier, requirement


def imported():
    """Names of the modules that the course's Python files and notebooks import."""
    sources = [(path, path.read_text(encoding="utf-8")) for path in files(".py")]
    for path in files(".ipynb"):
        if "tests" not in path.parts:
            cells = nbformat.read(path, as_version=4).cells
            sources += [(path, cell.source) for cell in cells if cell.cell_type == "code"]
    for path, source in sources:
        try:
            nodes = list(ast.walk(ast.parse(source)))
        except SyntaxError:
            assert path.suffix == ".ipynb", path  # a cell may hold magics, or a student's blank
            continue
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from (name.name.partition(".")[0] for name in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module.partition(".")[0]


@pytest.fixture(scope="module")
def needed():
    """Names of the distributions, not in Python itself, that the course imports."""
    ours = {"course_lib", "exercises", "tests"}
    names = set(imported()) - ours - sys.stdlib_module_names
    providers = importlib.metadata.packages_distributions()
    found = {canonicalize_name(providers[name][0]) for name in names if name in providers}
    return found - peers()


def test_what_is_imported_is_required(needed):
    names = {canonicalize_name(requirement.name) for requirement in required()}
    assert needed <= names.union(*(requirement.extras for requirement in required()))


def test_what_is_required_is_used(needed):
    for name, (file, text) in USED_BY_NAME.items():
        assert text in read(file), name
    unused = {canonicalize_name(requirement.name) for requirement in required()}
    unused -= needed | set(USED_BY_NAME)
    extras = {
        canonicalize_name(requirement.name) for requirement in required() if requirement.extras
    }
    assert unused - extras == set()


# Makefile


@pytest.fixture
def folder(tmp_path):
    """A course to set up, in a folder whose name is awkward."""
    folder = tmp_path / "a course (copy)"
    folder.mkdir()
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return folder


class Machine:
    """A machine with make, a shell's usual tools, and the Pythons that a test puts there."""

    def __init__(self, folder):
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in ("cat", "id", "rm", "find", "sh"):
            (self.bin / name).symlink_to(shutil.which(name))

    def add_python(self, name, version, pip_works=True):
        """Add a Python that says it has this version, and makes environments without installing."""
        script = self.bin / name
        script.write_text(
            "#!/bin/sh\n"
            'case "$1 $2" in\n'
            f"'-c '*) exec {shlex.quote(sys.executable)} -c 'import sys\n"
            f"sys.version_info = {version}\n"
            'exec(sys.argv[1])\' "$2" ;;\n'
            '"-m venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python && echo made >>log ;;\n'
            f'"-m course_lib.lab.install") echo installed >>log; {str(pip_works).lower()} ;;\n'
            '*) echo "$@" >>log ;;\n'
            "esac\n"
        )
        script.chmod(0o755)
        for tool in ("mkdir", "cp"):
            if not (self.bin / tool).exists():
                (self.bin / tool).symlink_to(shutil.which(tool))

    def make(self, folder, *arguments):
        return subprocess.run(
            [shutil.which("make"), *arguments],
            cwd=folder,
            env={"PATH": str(self.bin)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )


needs_make = pytest.mark.skipif(
    WINDOWS or not shutil.which("make"), reason="there is no make, or it is Windows"
)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def log(folder):
    """What the machine's Python was asked to do since the last look."""
    file = folder / "log"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


@needs_make
@pytest.mark.parametrize("named", [[], ["PYTHON=python3.10"]], ids=["found", "named"])
def test_an_old_python_is_refused_at_once_in_a_sentence(machine, folder, named):
    machine.add_python("python3", (3, 9, 2))
    machine.add_python("python3.10", (3, 10, 14))
    done = machine.make(folder, "lab", *named)
    assert done.returncode == 2
    sentence, ending = done.stderr.strip().split("\n", 1)
    assert sentence.startswith("The course needs Python 3.11 or newer")
    assert sentence.endswith(".")
    assert "\n" not in ending, "only make itself may add a line"
    assert not (folder / ".venv").exists()
    assert log(folder) == []


@needs_make
def test_a_python_that_does_not_run_is_passed_over(machine, folder):
    (machine.bin / "python3.13").write_text("#!/bin/sh\necho 'no such command' >&2; exit 127\n")
    (machine.bin / "python3.13").chmod(0o755)
    machine.add_python("python3.12", (3, 12, 1))
    done = machine.make(folder, "test")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@needs_make
def test_nothing_is_installed_twice(machine, folder):
    machine.add_python("python3", (3, 11, 2))
    assert machine.make(folder, "test").returncode == 0
    assert log(folder) == ["made", "installed", "-m pytest -n 2"]
    assert machine.make(folder, "test").returncode == 0
    assert log(folder) == ["-m pytest -n 2"]


@needs_make
@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_changed_requirements_are_noticed(machine, folder, name):
    machine.add_python("python3", (3, 13, 0))
    machine.make(folder, "test")
    log(folder)
    installed = (folder / ".venv" / "installed").stat().st_mtime
    os.utime(folder / name, (installed + 5, installed + 5))
    machine.make(folder, "test")
    assert log(folder) == ["installed", "-m pytest -n 2"]


@needs_make
def test_a_failed_installation_is_not_taken_for_one(machine, folder):
    machine.add_python("python3", (3, 12, 0), pip_works=False)
    assert machine.make(folder, "lab").returncode == 2
    assert log(folder) == ["made", "installed"]
    machine.add_python("python3", (3, 12, 0))
    assert machine.make(folder, "lab").returncode == 0
    assert log(folder)[:2] == ["made", "installed"]


@needs_make
@pytest.mark.parametrize("spoil", ["moved", "lost its Python"])
def test_a_folder_that_was_moved_or_lost_its_python_is_installed_anew(machine, folder, spoil):
    machine.add_python("python3", (3, 12, 0))
    machine.make(folder, "test")
    log(folder)
    if spoil == "moved":
        folder = folder.rename(folder.with_name("elsewhere"))
    else:
        (folder / ".venv" / "bin" / "python").unlink()
    machine.make(folder, "test")
    assert log(folder) == ["made", "installed", "-m pytest -n 2"]


@needs_make
def test_make_lab_opens_the_first_notebook(machine, folder):
    machine.add_python("python3", (3, 12, 0))
    machine.make(folder, "lab", "LAB_OPTIONS=--no-browser")
    command = log(folder)[-1]
    assert command.startswith("-m jupyterlab ")
    assert command.endswith(" --no-browser")
    assert ("--allow-root" in command) == (os.getuid() == 0)
    opened = re.search(r"default_url=/lab/tree/(\S+)", command)[1]
    assert (ROOT / opened).exists()


# What people and machines are told


def test_the_readme_names_both_commands_and_their_plain_lines():
    readme, makefile = read("README.md"), read("Makefile")
    assert "make lab" in readme and "make test" in readme
    assert "python -m venv .venv\n" in readme
    plain = r".venv\Scripts\python "
    assert plain + "-m pip install -r requirements.txt\n" in readme
    pytest_line = re.search(r"exec \.venv/bin/python (-m pytest .*?) \$\(TEST_OPTIONS\)", makefile)
    assert plain + pytest_line[1] + "\n" in readme
    opened = re.search(r"--LabApp.default_url=\S+", makefile)
    assert plain + f"-m jupyterlab {opened[0]}\n" in readme


def test_the_workflow_runs_the_lines_of_the_readme():
    readme, workflow = read("README.md"), read(".github/workflows/test.yml")
    assert "make test" in workflow
    lines = [line.strip() for line in workflow.splitlines() if r".venv\Scripts" in line]
    assert len(lines) == 2
    for line in lines:
        assert line.removeprefix("run: ") in readme.splitlines()


def test_the_readme_lists_every_notebook_and_no_other():
    listed = set(re.findall(r"\((notebooks/\w+\.ipynb)\)", read("README.md")))
    assert listed == {f"notebooks/{path.name}" for path in ROOT.glob("notebooks/*.ipynb")}


def test_links_between_files_lead_somewhere():
    for path in files(".md"):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path}: {target}"


def test_no_file_leads_to_somebodys_machine():
    somewhere = re.compile(r"(?<![\w.:/])/(work|root|Users)/|\b[A-Z]:\\\\?Users\b")
    kinds = (
        ".py",
        ".md",
        ".toml",
        ".txt",
        ".yml",
        ".cff",
        ".cfg",
        ".js",
        ".css",
        "Makefile",
        "run",
    )
    for path in files(*kinds):
        if "tests" not in path.relative_to(ROOT).parts:
            assert not somewhere.search(path.read_text(encoding="utf-8")), path


def test_a_cell_has_the_same_time_when_stored_and_when_tested():
    options = tomllib.loads(read("pyproject.toml"))["tool"]["pytest"]["ini_options"]["addopts"]
    assert f"--nbval-cell-timeout={CELL_TIMEOUT}" in options


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("github-workflows", ".github/workflows/test.yml"),
        ("citation-file-format", "CITATION.cff"),
    ],
)
def test_a_file_for_machines_is_valid(schema, file):
    done = run("check_jsonschema", "--builtin-schema", f"vendor.{schema}", file)
    assert done.returncode == 0, done.stdout


def test_every_workflow_is_valid():
    workflows = [str(path) for path in (ROOT / ".github" / "workflows").glob("*.yml")]
    done = run("check_jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_the_code_has_one_style(command):
    done = run("ruff", *command, "--no-cache", ".")
    assert done.returncode == 0, done.stdout + done.stderr
