# Lists networks in reach, one per line: name in hex, signal in dBm, kind of protection (0: none).
import network
from binascii import hexlify


def scan():
    w = network.WLAN(network.STA_IF)
    w.active(True)
    for n in w.scan():
        print("net", hexlify(n[0]).decode(), n[3], n[4])


scan()
del scan
