"""Which cells of a notebook have to run so that some of them can: those that make what they use."""

import ast


def needed(sources, wanted):
    """Return the numbers of the cells to run, in order: those wanted, and those that they need.

    A method that is called for its effect counts as changing what it belongs to.

    Parameters
    ----------
    sources : dict
        {number of the cell: its code}, in the order of the notebook.
    wanted : set of int
        Numbers of cells.
    """
    missing, found = set(), []
    for number, source in reversed(sources.items()):
        made, changed, used = names(ast.parse(source))
        if number in wanted or changed & missing:
            found.append(number)
            missing = missing - made | used
    return found[::-1]


def names(cell):
    """Return the names that a parsed cell makes anew, those it may change, and those it uses."""
    made, changed, used = set(), set(), set()
    for node in ast.walk(cell):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else changed).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            changed.add(node.name)
        elif isinstance(node, ast.alias):
            changed.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Expr) or isinstance(getattr(node, "ctx", None), ast.Store):
            changed |= {_base(node)}
    for statement in cell.body:
        if isinstance(statement, ast.Assign):
            made |= {name.id for name in statement.targets if isinstance(name, ast.Name)} - used
    return made, changed, used


def _base(node):
    """Return whose value a target or a call may change: a for `a.b[0] = 1` and `a.append(1)`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Expr):
        node = getattr(node, "func", None) or node.value
    return getattr(node, "id", "")
