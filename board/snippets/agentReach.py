# Reports whether the agent that was just stopped has been at its broker, and its last error.
# Prints {} without an agent.
import sys


def reach():
    import json

    d = {}
    for name in list(sys.modules):
        if name.startswith("mpyfleet.") and name.endswith(".main"):
            main = getattr(sys.modules[name], "current", None)
            if main:
                d = {"ups": main.client.reconnects + 1, "error": main.client.error[:200]}
    print(json.dumps(d))


reach()
del reach
