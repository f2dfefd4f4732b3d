"""Marks for learning platforms, and the grader packed for those that run it themselves.

===========  =======================================================================
`tables`     a platform's table, read and written back in its own form
`platforms`  what Canvas, Moodle and Blackboard call students and columns
`roster`     the students of such a table, looked up by name
`feedback`   the archive of feedback pages for Moodle
`grades`     points from a gradebook into the table
`packing`    the grader as Gradescope's autograder and PrairieLearn's external grader
`inside`     what runs there, on one submission
===========  =======================================================================
"""
