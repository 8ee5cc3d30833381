"""Connects the agent over a network that something else brings up, such as that of the computer
on which MicroPython's unix port runs (docs/networks.md):

    network: {hostnet: {gateway: [host, port]}}

The network counts as up when the gateway accepts a TCP connection."""

import select
import socket

connected = 0  # times that the agent has connected over it


def up(config, fails):
    """Generator that ends once the gateway accepts; OSError if it refuses."""
    global connected
    where = socket.getaddrinfo(config["gateway"][0], config["gateway"][1])[0][-1]
    s = socket.socket()
    try:
        s.setblocking(False)
        try:
            s.connect(where)
        except OSError as e:
            if e.args[0] != 115:  # EINPROGRESS
                raise
        poll = select.poll()
        poll.register(s, select.POLLOUT)
        while True:
            got = poll.poll(0)
            if got and got[0][1] & (select.POLLERR | select.POLLHUP):
                raise OSError("the gateway does not answer")
            if got:
                break
            yield
    finally:
        s.close()
    connected += 1
