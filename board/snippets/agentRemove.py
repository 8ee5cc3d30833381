import json
import machine
import os
import sys
import time


def remove(path):
    for entry in os.ilistdir(path):
        name = path + "/" + entry[0]
        if entry[1] == 0x4000:
            remove(name)
        else:
            os.remove(name)
    os.rmdir(path)


remove("/mpyfleet")
for name in tuple(sys.modules):
    if name.startswith("mpyfleet.") and name.endswith(".main"):
        # Only what is in memory: the agent can load nothing more.
        agent = sys.modules[name].current
        gone = {"on": 0, "boot": agent.ag.sessions.boot_hex, "why": "removed"}
        agent.client.send(agent.st, json.dumps(gone), 1, True)
        agent.client._packet(0xE0, 5)  # DISCONNECT: no last will
        time.sleep_ms(100)
machine.reset()
