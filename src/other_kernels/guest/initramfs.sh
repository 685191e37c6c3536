#!/bin/busybox sh
# First program of the booted system: loads the drivers of the disks, in the order of their dependencies, and goes on
# in the system that lies on them.
b() { /bin/busybox "$@"; }
for folder in proc sys dev; do b mkdir -p /$folder; done
b mount -t proc none /proc
b mount -t sysfs none /sys
b mount -t devtmpfs none /dev
while read -r module; do
  b test -f /modules/$module.ko && b insmod /modules/$module.ko 2> /dev/null
done < /modules/order
tries=100
# What qemu's disks are called, and those of a kernel that is a process.
disk=/dev/vd
until b test -b ${disk}c || b test $tries = 0; do
  b test -b /dev/ubdc && disk=/dev/ubd && continue
  b sleep 0.1
  tries=$((tries - 1))
done
b mkdir -p /system
if ! b mount -t ext4 ${disk}a /system || ! b mount -t ext4 ${disk}b /system/maple; then
  echo "maple: the disks cannot be mounted"
  b dmesg | b tail -20
  b poweroff -f
fi
for folder in proc sys dev; do b mount --move /$folder /system/$folder; done
export MAPLE_RESULT=${disk}c
exec /bin/busybox switch_root /system /maple/checkout/src/other_kernels/guest/init.sh
