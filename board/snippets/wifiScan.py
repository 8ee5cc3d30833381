import json
import network
from binascii import hexlify

sta = network.WLAN(network.STA_IF)
was = sta.active()
sta.active(True)
found = []
try:
    for n in sta.scan()[:40]:
        # Names are bytes of any kind: hex passes them whole.
        found.append([hexlify(n[0]).decode(), n[3], n[4]])
finally:
    if not was:
        sta.active(False)
print(json.dumps(found))
