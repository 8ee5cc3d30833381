class ManagementTask(object):

    def __init__(self):
        pass

    def call(self, data):
        if data:
            if ',' in data:
                commands = data.split(',')
            else:
                commands = [data]
            for command in commands:
                if command and ':' in command:
                    command,value = command.split(':')[0:2]
                if command == 'meminfo':
                    import gc
                    return str(gc.mem_free()) 
                elif command == 'red':
                    pin=15
                elif command == 'green':
                    pin=12
                elif command == 'blue':
                    pin=13
                else:
                    return 'Command not valid'
                if value == 'on':
                    value = 1000
                elif value == 'off':
                    value = 0
                else:
                    try:
                        value = int(value)
                    except:
                        return 'Command argument not valid'
                    if value < 0 or value >1000:
                        return 'Command argument not valid'
                if command:
                    import machine
                    machine.PWM(machine.Pin(pin)).duty(value)
                return 'Executed'
