"""The small library of the course on batch size.

Read these first, in this order. They are what is taught, and every notebook uses them:

===================  ===============================================================
data                 examples to learn from: ``Data(X, y)``
models               what is learned: a loss and its gradient, written out in numpy
batches              which examples the next update sees
optimizers           how a gradient changes the parameters; learning rates, schedules
runs                 R runs in lock-step: their setup and their record
training             the loop: ``iterate``, ``train``, ``sweep``
measure              numbers read off models and runs
plots                one function a kind of picture
===================  ===============================================================

One chapter's: each belongs to the notebooks named, and can be read by itself.

===================  ===============================================================
chapters.curvature   02, 09: how sharply a loss bends: its Hessian and the eigenvalues
chapters.cost        06: what an update costs: seconds and bytes
chapters.roofline    06: two ceilings of this machine, and what a layer reaches below them
chapters.checkpoint  06: memory against time: a network that keeps every k-th layer's input
chapters.devices     06: what updates cost on devices that people measured
chapters.quadratic   08: training computed instead of run: the noisy quadratic model
chapters.csv_file    10: the numbers in a CSV file, or what is wrong in which line
chapters.own_data    10: data from your own CSV file
chapters.choosing    10: which batch size to take: the lesson's procedure; also a command
chapters.parallel    11: one gradient from many workers
chapters.networks    12: networks whose examples meet in a batch; one to follow its curvature
chapters.ledger      13: every sentence of the lesson, with what the course found
===================  ===============================================================

In JupyterLab, beside the notebook's own code:

===================  ===============================================================
lab.install          what ``make`` runs first: the packages, with progress
lab.saving           what is kept of an explorer in a saved notebook; the look of a page
lab.explorers        pictures to move, and questions that wait for a prediction
===================  ===============================================================

Imports point one way: a room uses only rooms that stand above it here. A new optimizer goes into
``optimizers``, a new model into ``models``.

Vocabulary, the same everywhere:

===  ===========================================================
N    training examples
B    batch size: the examples that one update averages over
D    features of an example
P    parameters of a model
R    runs that are trained in lock-step, on a leading axis
T    recorded moments of a run
===  ===========================================================

An *update* is one change of the parameters; an *epoch* is N examples seen.
"""
