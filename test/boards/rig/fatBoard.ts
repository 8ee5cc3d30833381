import type { Rig } from './filesRig';

/** Runs code at the prompt of the board, bypassing the product's file verbs. Returns its output. */
export async function onPrompt(rig: Rig, code: string): Promise<string> {
  const said = await rig.transport.withSession((session) => session.exec(code), {
    mayInterrupt: true,
  });
  return Buffer.from(said).toString();
}

/** Defines `RAM(n)`: a block device of n blocks of 512 bytes in the board's heap. */
export const RAM_DISK = `
import vfs, os, sys
class RAM:
    def __init__(self, n): self.d = bytearray(n * 512)
    def readblocks(self, n, b): b[:] = memoryview(self.d)[n * 512:n * 512 + len(b)]
    def writeblocks(self, n, b): self.d[n * 512:n * 512 + len(b)] = b
    def ioctl(self, op, a):
        if op == 4: return len(self.d) // 512
        if op == 5: return 512
        return 0
`;

/**
 * A boot.py that mounts the flash of a lab board at /flash and nothing at the root, at every start.
 * `board.files()` still names the files from the root of that flash.
 */
export const FLASH_BOOT = `
import vfs, os, sys, _board
class Flash:
    def __init__(self): self.mem = memoryview(_board.flash())
    def readblocks(self, n, buf, off=0):
        a = n * 4096 + off
        buf[:] = self.mem[a:a + len(buf)]
    def writeblocks(self, n, buf, off=0):
        a = n * 4096 + off
        self.mem[a:a + len(buf)] = buf
    def ioctl(self, op, arg): return len(self.mem) // 4096 if op == 4 else 4096 if op == 5 else 0
vfs.umount('/')
vfs.mount(vfs.VfsLfs2(Flash(), progsize=256), '/flash')
os.chdir('/flash')
sys.path[:] = ['', '.frozen', '/flash', '/flash/lib']
`;

/** Code that replaces the flash by an empty FAT until the next soft reset. */
export const FAT_AT_ROOT = `${RAM_DISK}disk = RAM(300)
vfs.VfsFat.mkfs(disk)
vfs.umount('/')
vfs.mount(vfs.VfsFat(disk), '/')
os.chdir('/')
`;

/**
 * Mounts an empty FAT of `blocks` * 512 bytes. At `/` or `/flash` it replaces the flash, as on
 * boards of these kinds (with their working folder and sys.path); elsewhere it is an additional
 * card. Lasts until the next soft reset.
 */
export async function mountFat(rig: Rig, at: string, blocks = 300): Promise<void> {
  const alone = at === '/' || at === '/flash';
  const place = alone ? `vfs.umount('/')\n` : '';
  const paths = at === '/flash' ? `sys.path[:] = ['', '.frozen', '/flash', '/flash/lib']\n` : '';
  await onPrompt(
    rig,
    `${RAM_DISK}disk = RAM(${blocks})\nvfs.VfsFat.mkfs(disk)\n${place}vfs.mount(vfs.VfsFat(disk), '${at}')\n` +
      `${alone ? `os.chdir('${at}')\n` : ''}${paths}`,
  );
}
