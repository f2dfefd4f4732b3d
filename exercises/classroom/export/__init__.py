"""Marks for learning platforms, and the grader packed for those that run it themselves.

===========  =======================================================================
`tables`     a platform's table, read and written back in its own form
`platforms`  what Canvas, Moodle and Blackboard call students and columns
`grades`     points into such a table; feedback pages for Moodle
`packing`    the grader as Gradescope's autograder and PrairieLearn's external grader
`inside`     what runs there, on one submission
===========  =======================================================================
"""
