import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Board } from '../../../src/core/board/board';
import { parseDeviceFile } from '../../../src/core/deviceYaml/parse';
import { silentLog } from '../../../src/core/log';
import { serialAddress } from '../../../src/core/parseAddress';
import { createTransportFactory } from '../../../src/transports';
import { startUboard } from '../../lab/index.mjs';
import { composeFleet, Ports } from '../rig/fleetRig';
import { labHost, Notebook } from '../rig/notebookRig';
import { startWebReplBoard, type WebReplBoard } from '../rig/webreplLab';

// The cells of IoT Kernel's introduction, run one after the other on two real boards (a cable and
// WebREPL) and this computer. The output of each has the form shown in the introduction.

let uboard: Awaited<ReturnType<typeof startUboard>>;
let far: WebReplBoard;
let composed: ReturnType<typeof composeFleet>;
let book: Notebook;
let huzzah: Board;

const BOOT = '# This file is executed on every boot\n#import webrepl\n#webrepl.start()\n';

beforeAll(async () => {
  [uboard, far] = await Promise.all([
    startUboard({ sizeKib: 256, files: { 'boot.py': BOOT } }),
    startWebReplBoard(),
  ]);
  const getPassword = () => Promise.resolve(far.password);
  composed = composeFleet({
    openTransport: createTransportFactory({ log: silentLog, webrepl: { getPassword } }),
    linkOrder: () => ['serial', 'webrepl'],
  });
  const { fleet } = composed;
  const ports = new Ports();
  fleet.addSource(ports);
  const wired = serialAddress(uboard.tty);
  ports.show([wired, far.address].map((address) => ({ address, likely: true })));
  book = new Notebook(labHost(fleet));
  for (const [address, name] of [
    [wired, 'huzzah32'],
    [far.address, 'test-esp32'],
  ] as const) {
    await fleet.byAddress(address)?.refreshInfo();
    const board = fleet.byAddress(address);
    if (!board) throw new Error(`${name} is not in the fleet`);
    fleet.rename(board, name);
    if (name === 'huzzah32') huzzah = board;
  }
});
afterAll(async () => {
  book.dispose();
  composed.fleet.dispose();
  await uboard.stop();
  await far.stop();
});

/** Runs a cell, which must print exactly `shape`, show nothing else and not fail. */
async function cell(source: string, shape: string | RegExp): Promise<void> {
  const { all } = await book.run(source);
  if (typeof shape === 'string') expect(all, source).toBe(shape);
  else expect(all, source).toMatch(shape);
}

async function onHost(files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(book.host.folder, path)), { recursive: true });
    await writeFile(join(book.host.folder, path), content);
  }
}

/** The files that the device file of the introduction puts on the board. */
function configure(resources: string[]): void {
  const lines = ['huzzah32:', `    uid: ${huzzah.uid}`, '    resources:', ...resources];
  const { devices, diagnostics } = parseDeviceFile('/devices.yaml', `${lines.join('\n')}\n`);
  expect(diagnostics).toEqual([]);
  const [device] = devices;
  if (device) book.host.device = device;
}

const RESET = '\n!{31}\n!!!!! {3}softreset \\.\\.\\. {5}!!!!!\n!{31}\n\n';
const FILE = String.raw` *\d+  \w{3} \d\d \d\d:\d\d \d{4}  `;
const FOLDER = ' {28}';

it('lists its magics, and works on this computer', async () => {
  await cell(
    '%lsmagic',
    /^Line Magic: {4}-h shows help \(e\.g\. %discover -h\)\n(?: {2}%\w+ +\S.*\n){20,}\nCell Magic:\n/,
  );
  await cell(
    '%discover -h',
    [
      'usage: %discover [-h] [-a] [-v]\n\nDiscover available devices\n\noptional arguments:',
      '  -h, --help     show this help message and exit',
      '  -a, --all      list all devices connected to USB ports',
      '  -v, --verbose  show uid\n',
    ].join('\n'),
  );
  await onHost({ 'main.py': '' });
  const program = '# sample program\nprint("Hello from main.py!")\n';
  await cell(`%%writefile main.py\n${program}`, 'Overwriting main.py\n');
  await cell('!cat main.py', program);
  await cell('!rm main.py', '');
});

it('finds boards, connects to them, and runs cells on each and on all', async () => {
  const url = `ws://127.0.0.1:${far.port}`;
  await cell(
    '%discover',
    /^huzzah32 {4}serial:\/\/\/\S+ +\ntest-esp32 {2}ws:\/\/127\.0\.0\.1:\d+ +\n$/,
  );
  await cell(
    `%connect "${url}"\n\nfor i in range(5): print(i, i**20)`,
    `Connected to test-esp32 @ ${url}\n0 0\n1 1\n2 1048576\n3 3486784401\n4 1099511627776\n`,
  );
  const each = (name: string, python: string) => `\n----- ${name}\n\n\\S+ +\\(${python}\\)\n`;
  await cell(
    '%%connect --all --host\n\nimport sys\nprint("{:18}   ({})".format(sys.platform, sys.implementation.name))\n',
    new RegExp(
      `^${each('HOST', 'cpython')}${each('huzzah32', 'micropython')}${each('test-esp32', 'micropython')}$`,
    ),
  );
  await cell('%connect huzzah32', /^Connected to huzzah32 @ serial:\/\/\/\S+\n$/);
  await cell(
    '%name\n\na = 5\nprint(a)\n%softreset\nprint("this will fail ...")\nprint(a)',
    new RegExp(
      `^huzzah32\n5\n${RESET}this will fail \\.\\.\\.\nTraceback[^]*\n.*NameError.*: name 'a' isn't defined$`,
    ),
  );
});

it('manages the files of the board, as its device file wants them', async () => {
  await cell(
    '%connect huzzah32\n\n# list files on microcontroller\n%rlist',
    new RegExp(`^Connected to huzzah32 @ serial:///\\S+\n${FILE}boot\\.py\n$`),
  );
  await cell('%cat boot.py', BOOT);
  await onHost({ 'boot.py': BOOT });
  await cell('# show differences but do not commit any operations\n%rdiff', 'Directories match\n');
  await cell('%rsync -u', 'Directories match\n');

  await onHost({
    'iot49/libs/pystone.py':
      'def main(loops):\n    print("Pystone(1.2) time for", loops, "passes")\n',
    'iot49/libs/secrets.py': 'wifi_ssid = "lab"\n',
    'iot49/libs/bno055/bno055.py': 'X = 1\n',
    'iot49/libs/bno055/bno055_base.py': 'X = 2\n',
    'iot49/libs/esp32/boot.py': `${BOOT}print("booted")\n`,
    'iot49/libs/esp32/ota32/__init__.py': '',
  });
  configure(['        - pystone.py', '        - secrets.py', '        - bno055']);
  await cell(
    '%connect huzzah32\n\n# start with a clean slate\n%rm -rf /lib',
    /^Connected to huzzah32 @ serial:\/\/\/\S+\n$/,
  );
  await cell(
    '%rsync',
    [
      'ADD     /lib/bno055/bno055.py',
      'ADD     /lib/bno055/bno055_base.py',
      'ADD     /lib/pystone.py',
      'ADD     /lib/secrets.py\n',
    ].join('\n'),
  );
  const lib = [
    `${FOLDER}lib/`,
    `${FOLDER} {4}bno055/`,
    `${FILE} {8}bno055\\.py`,
    `${FILE} {8}bno055_base\\.py`,
    `${FILE} {4}pystone\\.py`,
  ].join('\n');
  await cell('%rlist', new RegExp(`^${lib}\n${FILE} {4}secrets\\.py\n${FILE}boot\\.py\n$`));
  await cell(
    '%rsync\n%softreset\n\nimport pystone\npystone.main(2000)',
    new RegExp(`^Directories match\n${RESET}Pystone\\(1\\.2\\) time for 2000 passes\n$`),
  );

  configure([
    '        - esp32:',
    '            install-dir: /',
    '            unpack: true',
    '        - pystone.py',
    '        - secrets.py: /',
    '        - bno055',
  ]);
  await cell(
    '%rsync\n%rlist',
    new RegExp(
      [
        '^(?:(?:ADD|UPDATE|DELETE) +/\\S+\n)*UPDATE {2}/boot\\.py\n(?:(?:ADD|UPDATE|DELETE) +/\\S+\n)*',
        `${lib}\n${FOLDER}ota32/\n${FILE} {4}__init__\\.py\n${FILE}boot\\.py\n${FILE}secrets\\.py\n$`,
      ].join(''),
    ),
  );
  await cell('%softreset\nimport boot', new RegExp(`^${RESET}booted\n$`));
  await cell('%info', /^name +huzzah32\n[^]*\nconfiguration +\/devices\.yaml\n$/);
  await cell(
    '%info -v',
    /\nresources:\n[^]* {5}18 {2}\/secrets\.py +\/\S+\/iot49\/libs\/secrets\.py\n/,
  );
});

it('continues over the network', async () => {
  const url = `ws://127.0.0.1:${far.port}`;
  await cell(`%connect '${url}'`, `Connected to test-esp32 @ ${url}\n`);
  await cell(
    "import socket\nprint('.'.join(str(b) for b in socket.getaddrinfo('127.0.0.1', 80)[0][-1][4:8]))",
    /^(?:\d+\.){3}\d+\n$/,
  );
});

it('runs other notebooks of IoT Kernel', async () => {
  const url = `ws://127.0.0.1:${far.port}`;
  const uid = (huzzah.uid ?? '').replace(/(..)(?=.)/g, '$1:');
  await cell(`%connect ${uid}`, /^Connected to huzzah32 @ serial:/);
  await cell('%connect test-esp32 -q\n%name', 'test-esp32\n');
  await cell('%connect test-esp32 ws', `Connected to test-esp32 @ ${url}\n`);
  await cell('%connect huzzah32 ws', /huzzah32 cannot be reached by ws/);
  await cell('%connect huzzah32 serial -q\n%softreset -q\nprint(1)', '1\n');
  await cell('%%connect huzzah32 test-esp32 -q\nprint(2)', '2\n2\n');
  await cell('%%connect\nprint(3)', '\n----- huzzah32\n\n3\n');
  await cell('%discover -f -a', /^huzzah32 /);
  await cell('%info -v', /^name +huzzah32\n/);
  await cell('%rsync --upload_only', /^Directories match\n$/);
  await cell('%lsmagic -v', /usage: %%writefile [^]*usage: %cat /);
  await onHost({ 'projects/balance/code.py': 'print(4)\n' });
  await cell('%cd $IOT_PROJECTS/balance\n!cat code.py', /^\/\S+\/projects\/balance\nprint\(4\)\n$/);
  await cell('%%writefile $IOT_PROJECTS/new.py\nx = 1\n', 'Writing $IOT_PROJECTS/new.py\n');
  await cell('%cp $IOT_PROJECTS/new.py :/new.py\n%cat /new.py', /-> :\/new\.py\nx = 1\n$/);
  await cell('%cd $NOT_SET/x', /variable NOT_SET is not set/);
  await cell('%cd ~/no/such/folder', /is not a folder of this computer/);
  await cell('%cd --host .', /\/projects\/balance\n$/);
  await cell('%loglevel WARNING iot', '');
});

it('deletes everything on the board after a question only', async () => {
  await cell('%rm /', /Add -r/);
  book.host.agrees = false;
  await cell('%rm -rf /', /Nothing was changed/);
  expect(book.host.questions.at(-1)).toBe('Delete everything on huzzah32?');
  book.host.agrees = true;
  await cell('%rm -rf /\n%rlist', '');
});
