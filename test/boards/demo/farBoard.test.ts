// The demo board at the local broker as a board: flash, restart and end, with Debian's own
// `micropython`.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ensure, root, tempDir } from '../../lab/index.mjs';

const MAIN = `
import io, machine, os
print(machine.unique_id().hex(), machine.reset_cause() == machine.PWRON_RESET, sorted(os.listdir('/')))
class Heard(io.IOBase):
    def __init__(self):
        self.said = b''
    def write(self, data):
        self.said += data
heard = Heard()
os.dupterm(heard)
exec(compile('6 * 7', 'prompt', 'single'))
os.dupterm(None)
print(heard.said)
for name in ('/etc', '/new'):
    try:
        os.stat(name)
        print('sees', name)
    except OSError:
        pass
if 'kept' not in os.listdir('/'):
    with open('/kept~', 'w') as f:
        f.write('x')
    os.rename('/kept~', '/kept')
    machine.reset()
print('waiting')
import time
while True:
    time.sleep(1)
`;

it('keeps its flash over a restart, sees no file of the computer, and ends with the window', async () => {
  const { folder: bin = '' } = await ensure('micropython');
  const code = readFileSync(join(root, 'board', 'demo', 'farBoard.py'), 'utf8');
  const folder = tempDir('farboard');
  mkdirSync(join(folder, 'new', 'lib'), { recursive: true });
  writeFileSync(join(folder, 'new', 'main.py'), MAIN);
  writeFileSync(join(folder, 'new', 'lib', 'a.py'), 'a = 1\n');
  const run = (cause: string) => {
    const args = ['-X', 'heapsize=2m', '-c', code, folder, 'aabbccdd0011', cause];
    const child = spawn(join(bin, 'micropython'), args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    const closed = new Promise<{ status: number | null; out: string }>((resolve) => {
      const take = (data: Buffer) => {
        out += data.toString();
        if (out.includes('waiting')) child.stdin.end();
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.on('close', (status) => resolve({ status, out }));
    });
    return closed;
  };
  expect(await run('power')).toEqual({
    status: 7,
    out: "aabbccdd0011 True ['lib', 'main.py']\n42\nb'42\\n'\n",
  });
  expect(await run('reset')).toEqual({
    status: 0,
    out: "aabbccdd0011 False ['kept', 'lib', 'main.py']\n42\nb'42\\n'\nwaiting\n",
  });
});
