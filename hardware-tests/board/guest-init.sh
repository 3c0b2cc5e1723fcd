#!/bin/sh
# First process of the virtual board. The kernel's command line names the work folder, which holds `command.sh` and gets `exit`.
# Runs the command in a root of its own: the host's files below, and all writes in memory. Only the work folder is the host's own.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
work=$PINION_BOARD_WORK
top=$work/top
root=$top/root

prepare() {
  mount -t proc proc /proc &&
    mount -t tmpfs tmpfs "$top" && mkdir "$top/upper" "$top/work" "$root" &&
    mount -t overlay -o "lowerdir=/,upperdir=$top/upper,workdir=$top/work" overlay "$root" &&
    mount -t proc proc "$root/proc" &&
    mount -t sysfs sysfs "$root/sys" &&
    mount -t devtmpfs devtmpfs "$root/dev" && mkdir -p "$root/dev/pts" "$root/dev/shm" &&
    mount -t devpts -o ptmxmode=666 devpts "$root/dev/pts" &&
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm" &&
    mount -t tmpfs tmpfs "$root/run" &&
    mount -t configfs configfs "$root/sys/kernel/config" &&
    mount -t debugfs debugfs "$root/sys/kernel/debug" &&
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup" &&
    mkdir -p "$root$work" && mount -t hostfs -o "$work" none "$root$work" &&
    ln -sf /proc/self/fd "$root/dev/fd"
}

if prepare; then
  echo "== the virtual board is up: Linux $(uname -r)"
  chroot "$root" /bin/sh "$work/command.sh"
  echo $? >"$root$work/exit"
else
  echo "== the virtual board could not mount its file systems"
fi
echo "== the virtual board is done"
echo o >/proc/sysrq-trigger
sleep 10
