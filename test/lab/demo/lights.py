# A module for workbench's main.py: a strip of eight lights.
lights = [0] * 8


def show():
    print("".join("#" if on else "." for on in lights))


def turn(number, on=True):
    lights[number] = int(on)
    show()
