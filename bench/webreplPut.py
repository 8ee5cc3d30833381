# python3 webreplPut.py PORT PASSWORD FILE NAME: one file by WebREPL's put, step by step as its
# official client does: connects, logs in, asks for the version, puts in frames of 1024 bytes.
import socket
import struct
import sys


def frame(data):
    if len(data) < 126:
        link.sendall(struct.pack(">BB", 0x82, len(data)))
    else:
        link.sendall(struct.pack(">BBH", 0x82, 126, len(data)))
    link.sendall(data)


def exactly(count):
    data = b""
    while len(data) < count:
        more = link.recv(count - len(data))
        if not more:
            sys.exit("the board hung up")
        data += more
    return data


# The payload of the next frame of a kind: 1 is text, 2 is binary.
def heard(kind):
    while True:
        opcode, length = exactly(2)
        if length == 126:
            (length,) = struct.unpack(">H", exactly(2))
        data = exactly(length)
        if opcode & 15 == kind:
            return data


def header(kind, name, size):
    return struct.pack("<2sBBQLH64s", b"WA", kind, 0, 0, size, len(name), name)


def check(answer):
    if answer != b"WB\0\0":
        sys.exit("WebREPL said " + answer.hex())


port, password, path, name = sys.argv[1:]
link = socket.create_connection(("127.0.0.1", int(port)))
link.sendall(
    b"GET / HTTP/1.1\r\nHost: board\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: foo\r\n\r\n"
)
answer = b""
while not answer.endswith(b"\r\n\r\n"):
    answer += exactly(1)
said = b""
while not said.endswith(b": "):
    said += heard(1)
link.sendall(struct.pack(">BB", 0x81, len(password) + 1) + password.encode() + b"\r")
while not said.endswith(b">>> "):
    said += heard(1)
frame(header(3, b"", 0))
print("MicroPython", *heard(2))
with open(path, "rb") as f:
    content = f.read()
frame(header(1, name.encode(), len(content)))
check(heard(2))
for at in range(0, len(content), 1024):
    frame(content[at : at + 1024])
check(heard(2))
link.close()
