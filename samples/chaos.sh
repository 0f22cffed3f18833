#!/bin/bash
# chaos.sh [--moments N] [--seed N] [--per-history N] [--rounds N] [--pace MILLIS] [--folder FOLDER]
#          [--recordings FOLDER] [--signatures FOLDER]
# Plays random histories of the recorded guests through a real cluster (cluster.sh) and kills -9 a task manager, the job
# manager, a broker or all of Flink at random moments (default 200). What is found, by uid, and what is said of every guest
# must be the same as on a cluster that was left alone. Exit status 1 if it is not. The same seed makes the same histories
# and the same kills, but not the same moments: those are the machine's.
# Other recordings than the samples may be played, and other signatures announced. TASK_HEAP_MIB is the heap of a task
# manager (default 1024); builds that are known from packages take some 200 of it each.
# Data and logs are in --folder (default ~/.cache/plumbline-chaos), deleted if all is well.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 exec python3 -m cluster.chaos "$@"
