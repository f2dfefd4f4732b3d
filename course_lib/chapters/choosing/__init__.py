"""Which batch size should I take? The lesson's procedure, as a function and as a command.

Start small, double the batch size, tune the learning rate at each, and measure what it takes to
reach a target: updates(B) from training, seconds an update(B) from this machine. Their product is
the time to the target. Stop when larger batches no longer shorten it, or when memory ends.

=========  ==========================================================
choice     what was found, and its reasons in words
stopwatch  seconds an update, such that other load does not spoil them
race       several learning rates on their way to the target
rates      which learning rate is best at a batch size
features   what is wrong with the data, and the remedy
search     the procedure
picture    what was found, drawn
report     what was found, as text, HTML and JSON
=========  ==========================================================

``python -m course_lib.chapters.choosing FILE.csv`` does all this for a file of your own.
"""

from course_lib.chapters.choosing.choice import Choice, Trial
from course_lib.chapters.choosing.search import choose_batch_size

__all__ = ["Choice", "Trial", "choose_batch_size"]
