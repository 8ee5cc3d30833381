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


agent = None
home = ""
for name in tuple(sys.modules):
    if name.startswith("mpyfleet.") and name.endswith(".main"):
        main = sys.modules[name]
        agent = main.current
        signed = main.load("session").signed
if "mpyfleet" in sys.modules:
    home = sys.modules["mpyfleet"].__path__[: -len("/mpyfleet")]
remove(home + "/mpyfleet")
if agent:
    # Uses only what is in memory: the agent can load nothing more.
    sessions = agent.ag.sessions
    gone = json.dumps({"on": 0, "boot": sessions.boot_hex, "why": "removed"})
    agent.client.send(agent.st, signed(sessions, "st", gone), 1, True)
    agent.client._packet(0xE0, 5)  # DISCONNECT: no last will
    time.sleep_ms(100)
machine.reset()
