"""What the tests of all explorers ask of a scene."""


def in_panel(explorer, panel, kind):
    """Return the marks of a kind in a panel, or in all panels if it is None."""
    marks = explorer._scene().marks
    return [mark for mark in marks if panel in (None, mark.panel) and mark.kind == kind]


def assert_same_scene(explorer, other):
    """Assert that two explorers show and say the same."""
    one, two = explorer._scene(), other._scene()
    assert [panel.spec() for panel in one.panels] == [panel.spec() for panel in two.panels]
    assert len(one.marks) == len(two.marks)
    assert all(a.same_as(b) for a, b in zip(one.marks, two.marks, strict=True))
    assert explorer._sentence() == other._sentence() and explorer._table() == other._table()
    assert repr(explorer) == repr(other)
