#!/bin/bash
# Records the traces of this directory again: one short real run of each workload, traced by our own agent.
#
#   sudo lib/local/recordings/record.sh [RUN...]        all runs, or those named (see workloads.sh)
#   RUN_SECONDS=120 OUT=dir                             how long each, and where to (default: 120 s, this directory)
#   PROGRAMS=script TRACER=program PREPARE=1            what to run, traced by what, and whether the script has a word
#                                                       `prepare` that is done before the trace begins
#
# Each run gets a machine of its own without a VM: a control group with 2 CPUs and 2 GiB, a process id and a network
# namespace, and a disk (a file behind a loop device). lxcfs shows the group's CPU time and memory as /proc/stat and
# /proc/meminfo, and the kernel its pressure, so the trace is that of the workload and not of what else runs on the
# computer. Load generators for servers run outside, as clients do. Needs root and Debian 12 with cgroup v1 controllers
# or pure cgroup v2; installs the packages below when they are missing. Takes about half an hour for all.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
node=${NODE:-$root/node_modules/node/bin/node}
seconds=${RUN_SECONDS:-120}
# where the clients begin after the tracer, they go on for longer than it
clients=$((seconds + 0${PREPARE:+4}))
out=${OUT:-$here}
programs=${PROGRAMS:-$here/workloads.sh}
tracer=${TRACER:-$root/agent/main.ts}
packages="${MORE_PACKAGES:-} lxcfs nginx-light wrk redis-server redis-tools postgresql fio iperf3 rsync zstd xz-utils gcc default-jdk-headless python3-minimal iproute2"
work=$(mktemp -d /tmp/shadowcast-recording.XXXXXX)
chmod 711 "$work"
group=shadowcast-recording
export GROUP=$group WORK=$work/disk SECONDS_LONG=$clients NODE_BIN=$node SERVER=10.213.7.1

[ "$(id -u)" = 0 ] || { echo "record.sh: needs root for control groups and namespaces" >&2; exit 77; }

install_packages() {
  local missing=()
  for package in $packages; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
  [ ${#missing[@]} = 0 ] && return
  echo "record.sh: installing ${missing[*]}" >&2
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# The directories of the group: one for each controller of cgroup v1 and the unified one, or the single one of v2.
group_dirs() {
  if [ -d /sys/fs/cgroup/memory ]; then
    for controller in cpu cpuacct cpuset memory blkio; do echo "/sys/fs/cgroup/$controller/$group"; done
    if [ -d /sys/fs/cgroup/unified ]; then echo "/sys/fs/cgroup/unified/$group"; fi
  else
    echo "/sys/fs/cgroup/$group"
  fi
}

make_group() {
  group_dirs | xargs mkdir -p
  if [ -d /sys/fs/cgroup/memory ]; then
    echo 0-1 >/sys/fs/cgroup/cpuset/$group/cpuset.cpus
    cat /sys/fs/cgroup/cpuset/cpuset.mems >/sys/fs/cgroup/cpuset/$group/cpuset.mems
    echo $((2 << 30)) >/sys/fs/cgroup/memory/$group/memory.limit_in_bytes
    # against what else runs on the computer, so that it disturbs the run as little as can be
    echo 20480 >/sys/fs/cgroup/cpu/$group/cpu.shares
  else
    echo "+cpu +cpuset +memory +io" >/sys/fs/cgroup/cgroup.subtree_control
    echo 0-1 >/sys/fs/cgroup/$group/cpuset.cpus
    echo $((2 << 30)) >/sys/fs/cgroup/$group/memory.max
    echo 2000 >/sys/fs/cgroup/$group/cpu.weight
  fi
}

# What the agent sees as /proc: lxcfs' files, the group's pressure and page counters, the machine's own disks and network.
make_proc() {
  local view=$work/proc pressure memory
  pressure=$(group_dirs | tail -1)
  memory=$(group_dirs | grep /memory/ || group_dirs)
  mkdir -p "$view/pressure"
  ln -s "$work/lxcfs/proc/stat" "$work/lxcfs/proc/meminfo" "$work/lxcfs/proc/diskstats" "$view/"
  ln -s /proc/self/net "$view/net"
  ln -s "$memory/memory.stat" "$view/vmstat"
  for resource in cpu memory io; do ln -s "$pressure/$resource.pressure" "$view/pressure/$resource"; done
}

make_disk() {
  truncate -s 6G "$work/disk.img"
  mkfs.ext4 -q "$work/disk.img"
  loop=$(losetup --find --show --direct-io=on "$work/disk.img")
  mkdir "$work/disk"
  mount "$loop" "$work/disk"
  chmod 1777 "$work/disk"
}

make_network() {
  ip netns add sc-machine
  ip netns add sc-client
  ip -n sc-machine link add eth0 type veth peer name eth0 netns sc-client
  ip -n sc-machine addr add $SERVER/24 dev eth0
  ip -n sc-client addr add 10.213.7.2/24 dev eth0
  for end in sc-machine sc-client; do ip -n $end link set eth0 up; ip -n $end link set lo up; done
}

clean_up() {
  set +e
  [ -n "${lxcfs:-}" ] && kill "$lxcfs" && wait "$lxcfs" 2>/dev/null
  ip netns del sc-machine 2>/dev/null
  ip netns del sc-client 2>/dev/null
  umount "$work/disk" 2>/dev/null
  [ -n "${loop:-}" ] && losetup -d "$loop"
  group_dirs | xargs rmdir 2>/dev/null
  rm -rf "$work"
}

record() {
  local run=$1
  rm -rf "$work/disk/"* "$out/$run.trace"
  sync && echo 1 >/proc/sys/vm/drop_caches
  # shellcheck disable=SC2016
  bash -c '
    for dir in '"$(group_dirs | tr '\n' ' ')"'; do echo $$ >"$dir/cgroup.procs"; done
    exec nsenter --net=/run/netns/sc-machine unshare --pid --fork --kill-child --mount-proc \
      bash "$0" inside "$1"' "$programs" "$run" >"$work/$run.log" 2>&1 &
  local machine=$!
  nsenter --net=/run/netns/sc-machine true
  # the agent stands outside the network of the client and inside the group's process ids: its view is the machine's
  local init
  until init=$(pgrep -P "$(pgrep -P $machine -x unshare || echo $machine)" 2>/dev/null | head -1) && [ -n "$init" ]; do sleep 0.1; done
  if [ -n "${PREPARE:-}" ]; then nsenter --net=/run/netns/sc-client bash "$programs" prepare "$run" >>"$work/$run.log" 2>&1 || true; fi
  nsenter --target "$init" --pid --net "$node" "$tracer" \
    --out "$out/$run.trace" --vm "$run" --name "$run" --host recording --image "$run" --tag "workload=${run%%-*}" \
    --for "${seconds}s" --batch 30s --collectors cpu,memory,pressure,disks,network \
    --proc "$work/proc" --nic eth0 --disk "$(basename "$loop")" 2>"$work/agent.log" &
  local agent=$!
  if [ -n "${PREPARE:-}" ]; then until [ -e "$out/$run.trace" ] || ! kill -0 $agent 2>/dev/null; do sleep 0.1; done; fi
  nsenter --net=/run/netns/sc-client timeout "$clients" bash "$programs" outside "$run" >>"$work/$run.log" 2>&1 || true
  wait $agent || cat "$work/agent.log" >&2
  # the first process of the namespace takes all others with it; it, and unshare, heed no gentler signal
  kill -KILL "$init" 2>/dev/null || true
  wait $machine 2>/dev/null || true
  if [ -n "${KEEP_LOGS:-}" ]; then cp "$work/$run.log" "$KEEP_LOGS/"; fi
  printf '%-22s %7d bytes\n' "$run" "$(stat -c %s "$out/$run.trace")"
}

trap clean_up EXIT
install_packages
mkdir "$work/lxcfs"
lxcfs -f -p "$work/lxcfs.pid" "$work/lxcfs" >"$work/lxcfs.log" 2>&1 &
lxcfs=$!
make_group
make_proc
make_disk
make_network
until [ -e "$work/lxcfs/proc/stat" ]; do sleep 0.1; done
if [ $# = 0 ]; then mapfile -t runs < <(bash "$programs" list); else runs=("$@"); fi
for run in "${runs[@]}"; do record "$run"; done
