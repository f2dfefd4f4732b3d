"""The instructor's tools, each a small room.

=============  ===============================================================================
`release`      the student edition: solutions and hidden checks stripped, messages sealed
`transplant`   reads a submission and takes nothing but the text of its answers
`sandbox`      starts the process in which answers run, held apart from everything
`runner`       what runs inside that process
`wire`         the plain data that may pass between the two
`bridge`       a student's function, seen from the trusted side
`judging`      right, or which known mistake
`warm`         starts pytest and its kernel by a fork instead of by importing everything
`nbval_plugin` puts points and mistake into nbval's JUnit file
`grade`        a class of submissions, in parallel, kept as they come
`report`       gradebook, summary, feedback pages, item statistics
=============  ===============================================================================
"""
