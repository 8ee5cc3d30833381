# A thermometer: prints a reading every two seconds. Stop it with Ctrl-C in the REPL.
import random
import time

degrees = 21.0
while True:
    degrees += random.uniform(-0.3, 0.3)
    print("kitchen: {:.1f} C".format(degrees))
    time.sleep(2)
