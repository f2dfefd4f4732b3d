"""What one question may take, in numbers. This file is read on both sides of the sandbox."""

MEGABYTE = 2**20
MAX_PROCESSES = 4  # of one question, threads counted; times the memory of one, all it can take
MEMORY_BYTES = 1024 * MEGABYTE  # of one process
FILE_BYTES = 16 * MEGABYTE  # of one file, and of each of the two folders that may be written
MAX_FILES = 64  # open at once
CPU_SECONDS = 60  # of one process, should nobody be left to end it sooner
NOBODY = 65534

# Of all that is in one sandbox, where the kernel can count it: room for the runner, too.
SANDBOX_BYTES = 1500 * MEGABYTE
SANDBOX_PROCESSES = 32
