#!/bin/bash
# Records the traces of this directory again: short runs of many programs in eight classes, with system calls and context
# switches counted for the control group of each run. How: ../record.sh.
#
#   sudo lib/local/recordings/workloads/record.sh [RUN...]      all runs (about 40 minutes), or those named (see programs.sh)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mounted=
# perf and the tracer want the list of the kernel's events
mountpoint -q /sys/kernel/tracing || { mount -t tracefs nodev /sys/kernel/tracing; mounted=1; }
trap '[ -z "$mounted" ] || umount /sys/kernel/tracing' EXIT
RUN_SECONDS=${RUN_SECONDS:-33} OUT=${OUT:-$here} PROGRAMS=$here/programs.sh TRACER=$here/trace-group.ts PREPARE=1 \
  MORE_PACKAGES="memcached mariadb-server curl openssl g++ linux-perf" "$here/../record.sh" "$@"
