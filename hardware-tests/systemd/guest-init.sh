#!/bin/sh
# First process of the virtual board when it runs a whole system. `places.sh` beside it says where things are on the host:
# PINION_BOARD_WORK, PINION_BOARD_ROOT (a Debian with systemd), PINION_BOARD_PROJECT, PINION_BOARD_NODE, PINION_BOARD_KERNEL.
# The system's root is PINION_BOARD_ROOT below, and memory above it. The project, Node.js and the kernel's module are the host's own, read-only.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
work=$PINION_BOARD_WORK
top=$work/top
root=$top/root
. "$work/places.sh"

# host FOLDER IN-THE-GUEST
host() {
  mkdir -p "$root$2" && mount -t hostfs -o "$3,$1" none "$root$2"
}

prepare() {
  mount -t proc proc /proc &&
    mount -t tmpfs -o mode=755 tmpfs "$top" && mkdir "$top/upper" "$top/work" "$root" && chmod 755 "$top/upper" &&
    mount -t overlay -o "lowerdir=$PINION_BOARD_ROOT,upperdir=$top/upper,workdir=$top/work" overlay "$root" &&
    mount -t devtmpfs devtmpfs "$root/dev" &&
    host "$PINION_BOARD_PROJECT" /opt/pinion ro &&
    host "$PINION_BOARD_NODE" /opt/node ro &&
    host "$PINION_BOARD_KERNEL" /opt/kernel ro &&
    host "$work" /opt/work rw &&
    ln -sf /opt/node/node "$root/usr/local/bin/node" &&
    ln -sf /opt/pinion/dist/bin/pinion.cjs "$root/usr/local/bin/pinion" &&
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$root/etc/machine-id" &&
    printf '127.0.0.1 localhost\n' >"$root/etc/hosts" &&
    cp "$work/board-test.service" "$root/etc/systemd/system/" &&
    mkdir -p "$root/etc/systemd/system/multi-user.target.wants" &&
    ln -sf ../board-test.service "$root/etc/systemd/system/multi-user.target.wants/" &&
    umount /proc && cd "$root" && pivot_root . mnt
}

if prepare; then
  exec chroot . /bin/sh -c 'umount -l /mnt; exec /lib/systemd/systemd' </dev/console >/dev/console 2>&1
fi
echo "== the virtual board could not mount its file systems"
echo "== the virtual board is done"
mount -t proc proc /proc
echo o >/proc/sysrq-trigger
sleep 10
