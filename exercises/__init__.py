"""The exercises of the course: `practice` is the student's side, `classroom` the instructor's."""
