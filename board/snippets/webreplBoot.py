# >>> mpyfleet webrepl
# Joins the Wi-Fi and starts WebREPL. Names and passwords are in webrepl_cfg.py.
try:
    import network
    import webrepl
    import webrepl_cfg

    network.WLAN(network.STA_IF).active(True)
    if not network.WLAN(network.STA_IF).isconnected():
        network.WLAN(network.STA_IF).connect(webrepl_cfg.SSID, webrepl_cfg.KEY)
    webrepl.start(webrepl_cfg.PORT)
except Exception as error:
    print("WebREPL did not start:", error)
# <<< mpyfleet webrepl
