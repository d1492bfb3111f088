#!/usr/bin/env bash
# Started by lab.sh in fresh mount and network namespaces: gives libvirtd directories of its own and a bridge for guests.
set -eu
for pair in etc:/etc/libvirt run:/run/libvirt lib:/var/lib/libvirt cache:/var/cache/libvirt log:/var/log/libvirt; do
  mount --bind "$LAB/libvirt/${pair%%:*}" "${pair#*:}"
done
ip link set lo up
ip link add labbr0 type bridge
ip addr add 192.0.2.1/24 dev labbr0
ip link set labbr0 up
exec libvirtd --daemon --pid-file "$LAB/libvirtd.pid" 2>"$LAB/log/libvirtd.err"
