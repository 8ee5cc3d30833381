class WorkerTask:
    """Measures the light every "worker" seconds (app.json)."""

    def call(self):
        import machine
        import fleet

        return {"luminosity_au": machine.ADC(fleet.config.get("light", 0)).read()}
