#!/bin/busybox sh
# /init of the lab's guest: loads virtio, switches hot-plugged CPUs on, prints "LAB READY" on the console (ttyS0), then
# obeys one-line commands on ttyS1, a unix socket of the host. The last line of every answer begins with "ok" or "err".
#
#   cpu PERCENT    keeps PERCENT of one CPU busy; 150 is one loop at full and one at half time
#   mem MB         holds MB of memory and reads it again and again
#   disk           writes 64 KiB blocks to the disk without a pause
#   stop           ends all of these
#   stat           cpus=<online> mem_total_kb=<n> mem_available_kb=<n> disk_sectors_written=<n>
#   off            powers off
export PATH=/bin

if [ $$ = 1 ]; then
  /bin/busybox --install -s /bin
  mount -t proc proc /proc
  mount -t sysfs sys /sys
  mount -t devtmpfs dev /dev
  mkdir -p /ram /run/load
  mount -t tmpfs -o size=95% ram /ram
  echo 4 >/proc/sys/kernel/printk
  for module in virtio_pci virtio_blk virtio_net virtio_balloon virtio_console button evdev; do
    modprobe "$module" 2>/dev/null
  done
  # pid 1 only supervises: a shell that fails below must not panic the guest
  while :; do
    setsid sh /init serve </dev/null >/dev/console 2>&1
    usleep 300000
  done
fi

# a load runs in a session of its own, which is how it is ended with all its children
begin() {
  kind=$1
  shift
  setsid sh -c "$*" </dev/null >/dev/null 2>&1 3>&- &
  echo $! >>"/run/load/$kind"
}
end() {
  [ -f "/run/load/$1" ] || return 0
  while read -r leader; do
    kill -9 -- "-$leader" 2>/dev/null || kill -9 "$leader" 2>/dev/null
  done <"/run/load/$1"
  rm -f "/run/load/$1"
}
obey() {
  case $1 in
    cpu)
      end cpu
      loops=$(($2 / 100))
      part=$(($2 % 100))
      while [ $loops -gt 0 ]; do
        begin cpu 'while :; do :; done'
        loops=$((loops - 1))
      done
      # in periods of 200 ms
      [ $part -gt 0 ] && begin cpu "while :; do timeout -s KILL $(printf 0.%03d $((part * 2))) sh -c 'while :; do :; done'; usleep $(((100 - part) * 2000)); done"
      echo "ok cpu $2"
      ;;
    mem)
      end mem
      dd if=/dev/zero of=/ram/held bs=1M count="$2" 2>/dev/null
      begin mem 'while :; do dd if=/ram/held of=/dev/null bs=256k; usleep 200000; done'
      echo "ok mem $(du -m /ram/held | cut -f1)"
      ;;
    disk)
      end disk
      begin disk 'while :; do dd if=/dev/zero of=/dev/vda bs=64k count=64 oflag=direct; done'
      echo 'ok disk'
      ;;
    stop)
      for kind in cpu mem disk; do end $kind; done
      rm -f /ram/held
      echo 'ok stop'
      ;;
    stat)
      echo "cpus=$(grep -c ^processor /proc/cpuinfo)" \
        "mem_total_kb=$(awk '/^MemTotal/{print $2}' /proc/meminfo)" \
        "mem_available_kb=$(awk '/^MemAvailable/{print $2}' /proc/meminfo)" \
        "disk_sectors_written=$(awk '$3 == "vda"{print $10}' /proc/diskstats)"
      echo 'ok stat'
      ;;
    off)
      echo 'ok off'
      poweroff -f
      ;;
    *) echo "err unknown command $1" ;;
  esac
}

case $1 in
  cpu-added)
    # run by uevent for every event of the kernel
    [ "$SUBSYSTEM" = cpu ] && [ "$ACTION" = add ] && echo 1 >"/sys$DEVPATH/online"
    exit 0
    ;;
esac

if [ ! -e /run/ready ]; then
  : >/run/ready
  uevent sh /init cpu-added >/dev/null 2>&1 &
  for port in /sys/class/virtio-ports/vport*; do
    [ "$(cat "$port/name" 2>/dev/null)" = org.qemu.guest_agent.0 ] &&
      /usr/bin/qemu-ga -m virtio-serial -p "/dev/${port##*/}" >/dev/console 2>&1 &
  done
  echo "LAB READY kernel=$(uname -r)"
fi
stty -F /dev/ttyS1 raw -echo
exec 3<>/dev/ttyS1
while read -r line <&3; do [ -n "$line" ] && obey $line >&3 2>&1; done
