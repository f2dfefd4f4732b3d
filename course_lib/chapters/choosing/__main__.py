"""Which batch size trains a model on the rows of a CSV file in the least time?"""

import argparse
import os
import sys
import warnings
from pathlib import Path

import numpy as np

from course_lib._checks import check_positive, check_whole_number
from course_lib.chapters.choosing import choose_batch_size
from course_lib.chapters.choosing.report import to_html, to_json, to_text
from course_lib.chapters.own_data import read_table, split
from course_lib.measure import least_squares
from course_lib.models import cross_entropy, linear, mlp
from course_lib.optimizers import adam, momentum, sgd

NAME = "python -m course_lib.chapters.choosing"
OPTIMIZERS = {"sgd": sgd, "momentum": momentum, "adam": adam}
#: Of what a model without hidden layers can learn, the part to be learned if no target is given.
LEARNED = 0.9


class Parser(argparse.ArgumentParser):
    """Refuses in one sentence."""

    def error(self, message):
        """Leave with exit code 2."""
        self.exit(2, f"{message[:1].upper()}{message[1:]}; --help lists what can be asked for.\n")


def parser() -> Parser:
    """Return the parser of the command line."""
    top = Parser(prog=NAME, description=__doc__)
    top.add_argument(
        "file", metavar="FILE.csv", help="an example a row, numbers but for the target"
    )
    top.add_argument("--column", metavar="NAME", help="the column to predict (the last)")
    header = top.add_mutually_exclusive_group()
    header.add_argument(
        "--header", action="store_true", default=None, help="the first line names the columns"
    )
    header.add_argument(
        "--no-header", action="store_false", dest="header", help="the first line is a row"
    )
    top.add_argument("--target", type=float, metavar="LOSS", help=(
        f"training loss to reach (the loss at which {100 * LEARNED:.0f} %% of what a model without "
        "hidden layers can learn is learned)"
    ))  # fmt: skip
    top.add_argument("--hidden", type=int, nargs="+", default=[], metavar="UNITS", help=(
        "units of each hidden layer of a network for classes (none)"
    ))  # fmt: skip
    top.add_argument("--optimizer", choices=OPTIMIZERS, default="sgd", help="(sgd)")
    top.add_argument("--budget-bytes", type=float, metavar="BYTES", help="of a run (no limit)")
    top.add_argument("--learning-rates", type=float, nargs="+", metavar="RATE", help=(
        "rates that the first batch size tries (around the largest stable one)"
    ))  # fmt: skip
    top.add_argument("--smallest", type=int, default=1, metavar="B", help="to start with (1)")
    top.add_argument("--max-epochs", type=int, default=100, metavar="EPOCHS", help="for a B (100)")
    top.add_argument("--n-runs", type=int, default=16, metavar="RUNS", help="for each rate (16)")
    top.add_argument("--seed", type=int, default=0, help="of the split and of all runs (0)")
    top.add_argument("--validate", action="store_true", help="let the validation part judge")
    top.add_argument("--quiet", action="store_true", help="show no progress")
    top.add_argument("--html", type=Path, metavar="FILE", help="write a page, with the picture")
    top.add_argument("--json", type=Path, metavar="FILE", help="write what was measured")
    return top


def main(arguments=None) -> int:
    """Run the command; return its exit code: 2, with one sentence, if it cannot be done."""
    options = parser().parse_args(arguments)
    try:
        _check_outputs(options)
        choice, notes = choose(options)
        print(to_text(choice, notes))
        if options.html:
            title = f"A batch size for {Path(options.file).name}"
            options.html.write_text(to_html(choice, title, notes), encoding="utf-8")
        if options.json:
            options.json.write_text(to_json(choice, notes) + "\n", encoding="utf-8")
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("Interrupted before anything was measured.", file=sys.stderr)
        return 130
    except MemoryError:
        print("There is not enough memory for this file.", file=sys.stderr)
        return 2
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def choose(options):
    """Read the file, make a model for it, and search; return the choice and notes on both."""
    check_whole_number("seed", options.seed, 0)
    table = read_table(options.file, options.column, header=options.header)
    parts = split(table, seed=options.seed)
    D, K = len(table.features), len(table.classes)
    for units in options.hidden:
        check_whole_number("each of hidden", units, 1)
    if options.hidden and not K:
        raise ValueError(
            f"--hidden is for classes, and {table.target!r} is a number: leave it out."
        )
    model = mlp((D, *options.hidden, K)) if K else linear(D)
    judged_by = parts.validation if options.validate else parts.train
    if options.target is None:
        target = reachable_loss(parts.train, judged_by, K)
    else:
        target = check_positive("target", options.target)
    choice = choose_batch_size(
        model, parts.train, target, options.budget_bytes,
        validation=parts.validation if options.validate else None,
        optimizer=OPTIMIZERS[options.optimizer](), learning_rates=options.learning_rates,
        smallest=options.smallest, max_epochs=options.max_epochs, n_runs=options.n_runs,
        seed=options.seed, names=table.features, progress=not options.quiet,
    )  # fmt: skip
    notes = [
        f"The model is {'a network' if options.hidden else 'a linear model'} with {model.P:,} "
        f"parameters that predicts {table.target!r}{f', {K} classes,' if K else ''} from {D} "
        f"features, each scaled to mean 0 and standard deviation 1; it learns from "
        f"{len(parts.train):,} rows, and its "
        f"{'validation' if options.validate else 'training'} loss is to reach {target:.4g}."
    ]
    return choice, [*notes, table.remark] if table.remark else notes


def reachable_loss(train, judge, K: int) -> float:
    """Return the loss at which most of what a model without hidden layers can learn is learned."""
    if K:
        least, start = _least_cross_entropy(train, judge, K), _entropy(judge, K)
    else:
        least = float(linear(train.X.shape[1]).loss(least_squares(train), judge.X, judge.y))
        start = float(np.mean(judge.y**2))
    target = start - LEARNED * (start - least)
    if not 0 < least < start:
        raise ValueError(
            "A linear model learns nothing or everything from these columns, so --target must say "
            "which loss is to be reached."
        )
    return target


def _least_cross_entropy(train, judge, K):
    try:
        from sklearn.linear_model import LogisticRegression  # slow to import
    except ImportError:
        raise ValueError(
            "Without scikit-learn no target can be found for classes: give one with --target, or "
            "install it with `pip install scikit-learn`."
        ) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not quite converged
        fitted = LogisticRegression(C=1e3, max_iter=200).fit(train.X, train.y)
    scores = np.full((len(judge), K), -50.0)  # classes that the training part does not hold
    found = fitted.decision_function(judge.X)
    if len(fitted.classes_) == 2:
        found = np.column_stack([np.zeros(len(judge)), found])
    scores[:, fitted.classes_.astype(int)] = found
    return float(cross_entropy(scores, judge.y))


def _entropy(data, K):
    share = np.bincount(data.y, minlength=K) / len(data)
    return float(-np.sum(share[share > 0] * np.log(share[share > 0])))


def _check_outputs(options):
    for path in filter(None, (options.html, options.json)):
        if path.is_dir() or not path.absolute().parent.is_dir():
            raise ValueError(f"{str(path)!r} cannot be written: there is no such folder.")


if __name__ == "__main__":
    sys.exit(main())
