"""The speed of the course beside that of what its users would take instead.

``python -m tests.benchmarks [NAME …] [--json FILE]`` measures and prints; ``--help`` names all.
The peers are installed by ``python -m pip install -r tests/requirements-benchmarks.txt``.
"""
