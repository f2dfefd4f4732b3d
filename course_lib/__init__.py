"""The small library of the course on batch size.

One room, one job; imports point one way, down this list:

===========  =======================================================================
data         examples to learn from: ``Data(X, y)``
own_data     the same from your own CSV file
models       what is learned: a loss and its gradient, written out in numpy
batches      which examples the next update sees
optimizers   how a gradient changes the parameters; learning rates and their schedules
training     the loop: ``iterate``, ``train``, ``sweep``
quadratic    training computed instead of run: the noisy quadratic model
curvature    how sharply a loss bends: Hessian products, the largest eigenvalue
measure      numbers read off models and runs
choosing     which batch size to take: the lesson's procedure as a function
parallel     one gradient from many workers
ledger       every sentence of the lesson, with what the course found
plots        one function a kind of picture
saving       what JupyterLab keeps of an explorer in a saved notebook
explorers    pictures that answer to a control
===========  =======================================================================

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
