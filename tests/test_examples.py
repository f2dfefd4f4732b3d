"""Every public function of the library shows how it is used, and what it shows is true."""

import doctest
import importlib
import inspect

import pytest

from tests.test_imports import TABLE


def public(room):
    """The functions and classes of a room that others may use."""
    module = importlib.import_module(f"course_lib.{room}")
    names = getattr(module, "__all__", [name for name in vars(module) if name[0] != "_"])
    for name in names:
        thing = getattr(module, name)
        is_ours = getattr(thing, "__module__", "").startswith(module.__name__)
        if is_ours and (inspect.isroutine(thing) or inspect.isclass(thing)):
            yield f"{room}.{name}", thing


#: Whose docstrings tell by their arguments' meaning, without an example.
WITHOUT_EXAMPLE = ("chapters.choosing", "chapters.own_data")

PUBLIC = dict(found for room in TABLE for found in public(room))


def examples_of(name, thing):
    """The doctests of a function, or of a class and its methods."""
    module = importlib.import_module(thing.__module__)
    return doctest.DocTestFinder(exclude_empty=True).find(thing, name, module)


FUNCTIONS = [name for name, thing in PUBLIC.items() if inspect.isroutine(thing)]


@pytest.mark.parametrize("name", [x for x in FUNCTIONS if not x.startswith(WITHOUT_EXAMPLE)])
def test_a_public_function_shows_an_example_that_runs(name):
    examples = [example for test in examples_of(name, PUBLIC[name]) for example in test.examples]
    assert any(not example.options.get(doctest.SKIP) for example in examples)


@pytest.mark.parametrize("name", [name for name in PUBLIC if examples_of(name, PUBLIC[name])])
def test_an_example_gives_what_it_shows(name, capsys):
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    failed = sum(runner.run(test).failed for test in examples_of(name, PUBLIC[name]))
    assert failed == 0, capsys.readouterr().out
