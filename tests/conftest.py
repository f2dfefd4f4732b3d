"""What all tests share."""

# A notebook below tests/ is material for a test, not a test.
collect_ignore_glob = ["*.ipynb"]
