# Prints while it runs. The stop button next to the run button ends it.
import time

for n in range(50):
    print("LED", "on" if n % 2 == 0 else "off")
    time.sleep(0.5)
