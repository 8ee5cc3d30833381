class ManagementTask:
    """Sets the colours of an RGB LED: "red:1000,green:on,blue:off". "meminfo" returns the free
    memory in bytes."""

    def call(self, message):
        if message is None:
            return None
        if message == "meminfo":
            import gc

            return str(gc.mem_free())
        import fleet

        pins = fleet.config.get("led", {"red": 15, "green": 12, "blue": 13})
        wanted = []
        for part in message.split(","):
            colour, _, value = part.partition(":")
            if colour not in pins:
                return "Command not valid"
            value = {"on": "1000", "off": "0"}.get(value, value)
            if not value.isdigit() or int(value) > 1000:
                return "Command argument not valid"
            wanted.append((pins[colour], int(value)))
        import machine

        for pin, duty in wanted:
            machine.PWM(machine.Pin(pin)).duty(duty)
        return "Executed"
