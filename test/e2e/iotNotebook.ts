// A notebook of IoT Kernel: the cells of its introduction, in the format that JupyterLab wrote for its kernel.

/** A cell with code, and a pattern of its output. */
type Cell = readonly [source: string, shape: RegExp];

const FILE = String.raw` *\d+  \w{3} \d\d \d\d:\d\d \d{4}  `;
const RESET = String.raw`\n!{31}\n!!!!! {3}softreset \.\.\. {5}!!!!!\n!{31}\n\n`;
const each = (name: string, python: string) => `\\n----- ${name}\\n\\n\\S+ +\\(${python}\\)\\n`;

/** Files of the workspace that the notebook's device file lists for the board. */
export const IOT_FILES = {
  'libs/pystone.py': 'def main(loops):\n    print("Pystone(1.2) time for", loops, "passes")\n',
  'libs/secrets.py': 'wifi_ssid = "lab"\n',
  'libs/bno055/bno055.py': 'X = 1\n',
};

/** Returns the device file. The unique ids are hex. */
export function iotDevices(huzzah: string, test: string): string {
  return [
    'huzzah32:',
    `    uid: ${huzzah}`,
    '    libs: [libs]',
    '    resources:',
    '        - pystone.py',
    '        - secrets.py',
    '        - bno055',
    'test-esp32:',
    `    uid: ${test}`,
    '    resources: []',
    '',
  ].join('\n');
}

/** Returns the cells. `url` is the address of test-esp32 in the notebook's notation. */
export function iotCells(url: string): readonly Cell[] {
  return [
    ['%lsmagic', /^Line Magic: {4}-h shows help[^]*\n {2}%discover +Discover available devices\n/],
    ['%discover -h', /^usage: %discover \[-h\] \[-a\] \[-v\]\n/],
    ['%%writefile main.py\n# sample program\nprint("Hello from main.py!")', /^Writing main\.py\n$/],
    ['!cat main.py', /^# sample program\nprint\("Hello from main\.py!"\)\n?$/],
    ['!rm main.py', /^$/],
    // In the order in which the boards were found.
    ['%discover', /^(?:(?:huzzah32 {4}|test-esp32 {2})serial:\/\/\/\S+ +\n){2}$/],
    [
      `%connect "${url}"\n\nfor i in range(5): print(i, i**20)`,
      /^Connected to test-esp32 @ serial:\/\/\/\S+\n0 0\n1 1\n2 1048576\n3 3486784401\n4 1099511627776\n$/,
    ],
    ['%url', new RegExp(`^${url}\n$`)],
    [
      '%%connect --all --host\n\nimport sys\nprint("{:18}   ({})".format(sys.platform, sys.implementation.name))',
      new RegExp(
        `^${each('HOST', 'cpython')}(?:${each('(?:huzzah32|test-esp32)', 'micropython')}){2}$`,
      ),
    ],
    ['%connect huzzah32', /^Connected to huzzah32 @ serial:\/\/\/\S+\n$/],
    // The exception does not stop the cells below, as in IoT Kernel.
    [
      '%name\n\na = 5\nprint(a)\n%softreset\nprint("this will fail ...")\nprint(a)',
      new RegExp(`^huzzah32\n5\n${RESET}this will fail \\.\\.\\.\n$`),
    ],
    ['%cat boot.py', /^# This file runs first\n$/],
    ['# start with a clean slate\n%rm -rf /lib', /^$/],
    [
      '%rsync',
      /^ADD {5}\/lib\/bno055\/bno055\.py\nADD {5}\/lib\/pystone\.py\nADD {5}\/lib\/secrets\.py\n$/,
    ],
    [
      '%rlist',
      new RegExp(
        `^ {28}lib/\n {32}bno055/\n${FILE} {8}bno055\\.py\n${FILE} {4}pystone\\.py\n${FILE} {4}secrets\\.py\n${FILE}boot\\.py\n$`,
      ),
    ],
    [
      '%rsync\n%softreset\n\nimport pystone\npystone.main(2000)',
      new RegExp(`^Directories match\n${RESET}Pystone\\(1\\.2\\) time for 2000 passes\n$`),
    ],
    ['%rdiff', /^Directories match\n$/],
    [
      '%info -v',
      /^name +huzzah32\n[^]*\nconfiguration +\/\S+boards\.yaml\nresources:\n[^]* {2}\/lib\/secrets\.py +\/\S+\/libs\/secrets\.py\n/,
    ],
    ['answer = {"t": [1, 2.5]}\n%store answer', /^Stored 'answer' = \{"t":\[1,2\.5\]\}\n$/],
    ['%%host\nimport os\nprint(answer["t"], os.environ["CHOSEN"])', /^\[1, 2\.5\] yes\n$/],
    ['%connect test-esp32 -q\n%store -r answer\nprint(answer["t"][1])', /^2\.5\n$/],
  ];
}

/** Returns the notebook file, with outputs of the author's board. */
export function iotNotebook(cells: readonly Cell[]): string {
  const lines = (text: string) => text.split(/(?<=\n)/);
  const text = { cell_type: 'markdown', id: 'intro', metadata: {}, source: ['# IoT Kernel\n'] };
  const code = cells.map(([source], i) => ({
    cell_type: 'code',
    execution_count: i + 3,
    id: `cell-${i}`,
    metadata: { scrolled: true },
    outputs: [{ name: 'stdout', output_type: 'stream', text: ['of the author\n'] }],
    source: lines(source),
  }));
  const metadata = {
    kernelspec: { display_name: 'IoT', language: 'python', name: 'iot' },
    language_info: {
      codemirror_mode: { name: 'python', version: 3 },
      file_extension: '.py',
      mimetype: 'text/x-python',
      name: 'python',
      pygments_lexer: 'python3',
      version: '3',
    },
    'toc-showcode': true,
  };
  const file = { cells: [text, ...code], metadata, nbformat: 4, nbformat_minor: 5 };
  return `${JSON.stringify(file, undefined, 1)}\n`;
}
