#!/bin/bash
# Process 1 of the booted system: runs the session, writes its folder to the third disk as a tar file, switches off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
export DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
mount -t tmpfs none /run
mkdir -p /dev/pts /dev/shm
mount -t devpts none /dev/pts
mount -t tmpfs none /dev/shm
ln -sf /proc/self/fd /dev/fd
# Where programs look for it that get none of this environment.
mkdir -p $HOME/.cache
ln -s /maple/deno $HOME/.cache/deno
hostname maple
ip link set lo up 2> /dev/null
echo "maple: $(uname -r) runs"
# Not in memory: which file system a file lies on decides about its mapping.
out=$HOME/session
mkdir $out
cp /maple/plan.json $out/
: > $out/progress.txt
tail -f $out/progress.txt > /dev/ttyS1 &
cd /maple/checkout
# What programs print is kept: on a console some of them would wait for a key.
deno run -q -P=other-kernels src/other_kernels/inside_main.ts $out < /dev/null > $out/printed.txt 2>&1
tar -C $out -cf $MAPLE_RESULT .
sync
echo "maple: done"
echo o > /proc/sysrq-trigger
sleep 60
