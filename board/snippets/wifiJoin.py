# Joins a network and reports the result. It prints a dot every half second, so that silence means
# a fault.
import network
import time


def join(name, key):
    w = network.WLAN(network.STA_IF)
    w.active(True)
    try:
        w.disconnect()
    except OSError:
        pass
    wrong = getattr(network, "STAT_WRONG_PASSWORD", None)
    missing = getattr(network, "STAT_NO_AP_FOUND", None)
    w.connect(name, key)
    for _ in range(60):
        if w.isconnected():
            print("joined", w.ifconfig()[0])
            return
        status = w.status()
        if status == wrong or status == missing:
            print("failed", "password" if status == wrong else "name")
            return
        print(".")
        time.sleep(0.5)
    print("failed time")
