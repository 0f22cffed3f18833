#!/bin/bash
# cluster.sh COMMAND [ARGUMENT ...]
# A real cluster on this machine, out of Maven's artifacts: three Kafka brokers (KRaft), a Flink job manager, two task
# managers of two slots each, every one a process of its own. `cluster.sh story` plays the whole story and checks what was
# found; `cluster.sh --help` lists the steps. Data, logs and pids are in --folder (default ~/.cache/plumbline-cluster).
# Needs JDK 17, Maven, python3, no root, about 4 GB of memory. docs/how-to/cluster.md says more.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here"
PYTHONDONTWRITEBYTECODE=1 exec python3 -m cluster "$@"
