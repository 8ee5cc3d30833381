"""The flash of an ESP32 for ota.py. The only part of an update that tests do not run."""

from esp32 import Partition


class Flash:
    def __init__(self):
        self.run = Partition(Partition.RUNNING)
        self.part = self.run.get_next_update()
        self.running = self.run.info()[4]
        self.next = self.part.info()[4]
        self.size = self.part.info()[3]

    def header(self):
        b = bytearray(16)
        self.run.readblocks(0, b, 0)
        return b

    def erase(self, block):
        self.part.ioctl(6, block)  # 6: erase a block

    def write(self, block, data):
        self.part.writeblocks(block, data, 0)  # with an offset it does not erase again

    def read(self, offset, buf):
        self.part.readblocks(offset // 4096, buf, offset % 4096)

    def activate(self):
        self.part.set_boot()

    def confirm(self):
        Partition.mark_app_valid_cancel_rollback()
