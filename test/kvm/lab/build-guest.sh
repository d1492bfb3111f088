#!/usr/bin/env bash
# build-guest.sh DIRECTORY: makes DIRECTORY/vmlinuz and DIRECTORY/initrd.img, a Linux guest of 20 MB that boots in seconds
# and does what guest-init.sh says: Debian's cloud kernel, busybox, virtio modules and QEMU's guest agent, downloaded as
# packages and unpacked (nothing is installed). What is there already from the same sources is left as it is.
set -euo pipefail
OUT=$(mkdir -p "${1:?usage: build-guest.sh DIRECTORY}" && cd "$1" && pwd)
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
MODULES="virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk failover net_failover
  virtio_net virtio_balloon virtio_console button evdev"
LIBRARIES="libudev.so.1 libnuma.so.1 liburing.so.2 libglib-2.0.so.0 libgmodule-2.0.so.0 libpcre2-8.so.0 libm.so.6 libc.so.6"
AGENT="qemu-guest-agent libglib2.0-0 libpcre2-8-0 libudev1 libnuma1 liburing2 libc6"

kernel() { apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-[0-9]/{print $2; exit}'; }
KERNEL=$(kernel)
if [ -z "$KERNEL" ]; then
  apt-get update -q >/dev/null
  KERNEL=$(kernel)
fi
[ -n "$KERNEL" ] || { echo "build-guest: apt knows no linux-image-cloud-amd64" >&2; exit 3; }
STAMP="$KERNEL $(apt-cache policy "$KERNEL" | awk '/Candidate:/{print $2}') $(cat "$HERE/guest-init.sh" "$HERE/build-guest.sh" | sha256sum | cut -c1-16)"
[ "$(cat "$OUT/stamp" 2>/dev/null)" = "$STAMP" ] && exit 0

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
chmod 755 "$WORK"
# shellcheck disable=SC2086
(cd "$WORK" && apt-get download -q "$KERNEL" busybox-static $AGENT >/dev/null 2>"$WORK/error") || { cat "$WORK/error" >&2; exit 4; }
for package in "$WORK"/*.deb; do dpkg -x "$package" "$WORK/packages"; done
found() { find "$WORK/packages" -name "$1" \( -type f -o -type l \) | head -n 1; }

VERSION=${KERNEL#linux-image-}
SOURCE=$(find "$WORK/packages" -type d -path "*lib/modules/$VERSION" | head -n 1)
BUSYBOX=$(find "$WORK/packages" -type f -path '*bin/busybox' | head -n 1)
ROOT=$WORK/root
TREE=$ROOT/lib/modules/$VERSION
mkdir -p "$ROOT"/{bin,proc,sys,dev,run,var/run,tmp,usr/bin,usr/local/var/run,lib64,lib/x86_64-linux-gnu} "$TREE"
for module in $MODULES; do
  file=$(find "$SOURCE" -name "$module.ko*" | head -n 1)
  # what a kernel has built in is no file
  [ -n "$file" ] && install -Dm644 "$file" "$TREE/${file#"$SOURCE"/}"
done
find "$TREE" -name '*.ko.xz' -exec xz -d {} +
cp "$SOURCE"/modules.builtin "$SOURCE"/modules.order "$TREE/"
"$BUSYBOX" depmod -b "$ROOT" "$VERSION"
install -m755 "$BUSYBOX" "$ROOT/bin/busybox"
ln -s busybox "$ROOT/bin/sh"
install -m755 "$(found qemu-ga)" "$ROOT/usr/bin/qemu-ga"
for library in $LIBRARIES; do cp -L "$(found "$library")" "$ROOT/lib/x86_64-linux-gnu/$library"; done
cp -L "$(found ld-linux-x86-64.so.2)" "$ROOT/lib64/ld-linux-x86-64.so.2"
install -m755 "$HERE/guest-init.sh" "$ROOT/init"
(cd "$ROOT" && find . | "$BUSYBOX" cpio -o -H newc 2>/dev/null) | gzip -n -1 >"$OUT/initrd.img.new"
cp "$WORK/packages/boot/vmlinuz-$VERSION" "$OUT/vmlinuz.new"
mv "$OUT/initrd.img.new" "$OUT/initrd.img"
mv "$OUT/vmlinuz.new" "$OUT/vmlinuz"
echo "$STAMP" >"$OUT/stamp"
