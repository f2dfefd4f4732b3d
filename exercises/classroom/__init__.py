"""The instructor's tools, each a small room; an answer goes through them from the top down.

=============  ===============================================================================
`source`       a source notebook, read: its questions, its rules, what its checks are given
`submissions`  finds what was handed in, names it, reads it: everything hostile in a file ends here
`transplant`   the text of the answers, set into a pristine notebook
`judge`        one submission: stock nbval runs that notebook; what came of it is a `Result`
`judging`      right, or which mistake: what the hidden check of a question does
`mistakes`     the programs that an answer is compared with
`bridge`       a student's function, seen from the trusted side
`wire`         the plain data that may pass between the two sides
`sandbox`      starts the process in which answers run, held apart from everything, with the help
               of `container`, `cgroup` and `seccomp`
`runner`       what runs inside that process; `isolation` holds each question apart, and `limits`
               says in numbers what it may take
`marks`        status, mark, result, and every text that says so
`grade`        a class of submissions, in parallel
`kept`         results as they come, signed, so that a stopped run goes on
`report`       gradebook, summary, feedback pages
`items`        which question and which mistake cost the class most
`solutions`    for after the deadline: solutions, and what each known mistake was about
`export`       marks for learning platforms; the grader packed for some of them
`similar`      pairs whose answers are unusually alike, as places to look
`release`      the student edition: solutions and hidden checks stripped, messages sealed
`warm`         starts pytest and its kernel by a fork instead of by importing everything
`nbval_plugin` puts points and verdict into nbval's JUnit file
`temporary`    folders that the next grader clears away if this one is killed
=============  ===============================================================================
"""
