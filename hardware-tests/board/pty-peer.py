"""A pseudo terminal whose far end is this program's standard input and output. Usage: pty-peer.py LINK
LINK becomes a symbolic link to it, as udev makes them for serial ports. Ends, and the device with it, when standard input does."""

import os
import pty
import select
import sys
import tty


def main(link):
    master, slave = pty.openpty()
    # Raw before anybody opens it; held open, so that the device stays while nobody else has it.
    tty.setraw(slave)
    os.symlink(os.ttyname(slave), link + ".new")
    os.rename(link + ".new", link)
    os.write(2, b"ready\n")
    try:
        while True:
            readable, _, _ = select.select([0, master], [], [])
            if 0 in readable:
                data = os.read(0, 4096)
                if not data:
                    return
                os.write(master, data)
            if master in readable:
                os.write(1, os.read(master, 4096))
    finally:
        os.unlink(link)


main(sys.argv[1])
