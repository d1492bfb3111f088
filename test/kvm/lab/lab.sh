#!/usr/bin/env bash
# A real libvirtd with real QEMU (TCG, so no nested virtualisation is needed) for the tests of `npm run test:kvm`.
#
#   lab.sh install      Debian packages and the guest image
#   lab.sh up           starts an own libvirtd; prints its URI
#   lab.sh start NAME   defines and starts a guest, waits until it is ready for commands on $LAB/run/NAME.sock
#   lab.sh down         ends the guests and the libvirtd, removes what they left in $LAB
#
# The libvirtd lives in mount and network namespaces of its own, with its state under $LAB: a libvirtd that this machine
# already runs is neither seen nor touched. Needs root and Debian's packages. Exit 77 says that this machine cannot have
# it and why; with LAB_REQUIRED=1 that is exit 1.
set -euo pipefail
LAB=${LAB:-/tmp/shadowcast-lab}
# the guest's image is kept from run to run
LAB_GUEST=${LAB_GUEST:-/tmp/shadowcast-lab-guest}
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
URI="qemu+unix:///system?socket=$LAB/libvirt/run/libvirt-sock"
PACKAGES="qemu-system-x86 qemu-utils libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients busybox-static iproute2"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

cannot() {
  echo "lab: $*" >&2
  [ "${LAB_REQUIRED:-0}" = 1 ] && exit 1
  exit 77
}

lab_virsh() { virsh -q -c "$URI" "$@"; }

install() {
  [ "$(id -u)" = 0 ] || cannot "root is needed"
  mkdir -p "$LAB"
  local program missing=""
  for program in libvirtd virsh qemu-system-x86_64 qemu-img busybox ip unshare; do
    command -v "$program" >/dev/null || missing="$missing $program"
  done
  if [ -n "$missing" ]; then
    command -v apt-get >/dev/null || cannot "no$missing, and no apt-get to install them"
    local lock="-o DPkg::Lock::Timeout=120" log=$LAB/apt.log
    apt-cache policy libvirt-daemon 2>/dev/null | grep -q 'Candidate: [0-9]' ||
      apt-get $lock update -q >"$log" 2>&1 || cannot "no package mirror: $(tail -n 1 "$log")"
    # without the recommended packages: they would start services of the system
    apt-get $lock install -y -q --no-install-recommends $PACKAGES >>"$log" 2>&1 ||
      cannot "apt-get install failed: $(tail -n 1 "$log")"
  fi
  # libvirtd refuses to start its QEMU driver without this user, even when it is told to run QEMU as root
  getent group libvirt-qemu >/dev/null || groupadd --system libvirt-qemu
  getent passwd libvirt-qemu >/dev/null ||
    useradd --system --gid libvirt-qemu --home-dir /var/lib/libvirt --shell /usr/sbin/nologin libvirt-qemu
  "$HERE/build-guest.sh" "$LAB_GUEST" || cannot "the guest could not be built"
}

up() {
  [ "$(id -u)" = 0 ] || cannot "root is needed"
  if ! lab_virsh list >/dev/null 2>&1; then
    mkdir -p "$LAB"/{log,run,disks} "$LAB"/libvirt/{etc,run,lib,cache,log} /etc/libvirt /run/libvirt /var/{lib,cache,log}/libvirt
    printf 'auth_unix_ro = "none"\nauth_unix_rw = "none"\nunix_sock_group = "root"\nunix_sock_rw_perms = "0700"\n' \
      >"$LAB/libvirt/etc/libvirtd.conf"
    # root without a mount namespace per guest: their disks and sockets are under $LAB
    printf '%s\n' 'user = "root"' 'group = "root"' 'dynamic_ownership = 0' 'remember_owner = 0' 'namespaces = []' \
      'security_driver = "none"' 'stdio_handler = "file"' >"$LAB/libvirt/etc/qemu.conf"
    LAB=$LAB unshare --mount --net --propagation private bash -eu "$HERE/libvirtd-in-namespace.sh" ||
      cannot "libvirtd does not start: $(tail -n 1 "$LAB/log/libvirtd.err")"
    local waited=0
    until lab_virsh list >/dev/null 2>&1; do
      sleep 0.1
      waited=$((waited + 1))
      [ $waited -lt 300 ] || cannot "libvirtd does not answer: $(tail -n 1 "$LAB/log/libvirtd.err")"
    done
  fi
  # fills libvirtd's cache of what QEMU can do, which takes seconds the first time
  lab_virsh domcapabilities --virttype qemu >/dev/null || cannot "QEMU is not usable"
  echo "$URI"
}

start() {
  local name=$1 waited=0
  qemu-img create -q -f raw "$LAB/disks/$name.raw" 256M
  sed -e "s|@NAME@|$name|g" -e "s|@LAB@|$LAB|g" -e "s|@GUEST@|$LAB_GUEST|g" "$HERE/guest.xml" >"$LAB/run/$name.xml"
  lab_virsh define "$LAB/run/$name.xml"
  rm -f "$LAB/log/$name.console"
  lab_virsh start "$name"
  # what is sent to a guest before this line is lost
  until grep -aq 'LAB READY' "$LAB/log/$name.console" 2>/dev/null; do
    sleep 0.1
    waited=$((waited + 1))
    [ $waited -lt 1200 ] || { echo "lab: $name is not ready after 120 s" >&2; exit 1; }
  done
}

down() {
  local name pid
  for name in $(lab_virsh list --name 2>/dev/null); do lab_virsh destroy "$name" || true; done
  for name in $(lab_virsh list --all --name 2>/dev/null); do lab_virsh undefine "$name" || true; done
  if [ -f "$LAB/libvirtd.pid" ]; then
    pid=$(cat "$LAB/libvirtd.pid")
    if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = libvirtd ]; then
      kill "$pid"
      while [ -d "/proc/$pid" ]; do sleep 0.05; done
    fi
  fi
  rm -rf "$LAB"/{log,run,disks,libvirt,libvirtd.pid}
}

case ${1:-} in
  install | up | down) "$1" ;;
  start) start "${2:?lab.sh start NAME}" ;;
  *)
    sed -n '2,13s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
