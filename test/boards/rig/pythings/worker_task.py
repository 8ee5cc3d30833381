class WorkerTask(object):
    
    def __init__(self):
        pass

    def call(self):
        
        import machine

        adc = machine.ADC(0)
        luminosity = adc.read()
        data = {'luminosity_au': luminosity}
        
        return data
