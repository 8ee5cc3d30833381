/**
 * Commands of mpremote, ampy and rshell that have a different name here, or that are not needed
 * here.
 */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['connect', 'Name the board with -b, for example mpyfleet -b serial:/dev/ttyACM0 ls.'],
  ['disconnect', 'Every command opens its link and closes it; there is nothing to disconnect.'],
  ['devs', 'mpyfleet list shows the boards and ports.'],
  ['soft-reset', 'Use mpyfleet reset.'],
  ['hard-reset', 'Use mpyfleet reset --hard.'],
  ['resume', 'Leave it out: no command resets the board first.'],
  ['umount', 'Leave it out: mpyfleet mount ends with its command line.'],
  [
    'romfs',
    'ROMFS partitions are not written here. mpyfleet mip install and mpyfleet sync compile to .mpy in the file system of the board.',
  ],
  ['fs', 'Leave it out: mpyfleet ls, cat, cp, rm, mkdir, touch, tree, df, sha256sum.'],
  ['rmdir', 'Use mpyfleet rm -r :PATH.'],
  ['rsync', 'Use mpyfleet sync FOLDER :PATH.'],
  ['version', 'Use mpyfleet --version; mpyfleet info shows that of the firmware.'],
  ['sleep', 'Use the sleep command of your shell between two calls.'],
  ['upload', 'Use mpyfleet put FILE : for files, and mpyfleet sync FOLDER for folders.'],
  ['download', 'Use mpyfleet get :PATH .'],
  ['install', 'Use mpyfleet mip install PACKAGE.'],
  ['shell', 'Use mpyfleet repl.'],
  ['monitor', 'Use mpyfleet log.'],
]);
/** mpremote's short names for ports. */
const PORTS: Readonly<Record<string, string>> = { a: '/dev/ttyACM', u: '/dev/ttyUSB', c: 'COM' };

const IS_DEFAULT = 'Leave it out: that is the default.';
const UNCHANGED =
  'Leave it out: files are copied also if they are the same; mpyfleet sync skips those.';
const OTHER_LINKS =
  'Links that lead out of the folder are not followed: mount the folder that they lead to.';
const FOLLOWED = 'Leave it out: the output is shown until the code ends.';
/**
 * Options of mpremote that have a different name here, or that are not needed here. Entries of a
 * command take precedence.
 */
const OPTIONS_ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['follow', FOLLOWED],
  ['run -f', FOLLOWED],
  ['exec -f', FOLLOWED],
  [
    'no-follow',
    'mpyfleet script install FILE and mpyfleet script start make a program run without the shell.',
  ],
  ['capture', 'Use mpyfleet repl --log FILE.'],
  ['inject-code', 'mpyfleet macro NAME runs code that has a name in fleet.json.'],
  ['inject-file', 'mpyfleet run FILE runs a local file; nothing is written to the board.'],
  [
    'escape-non-printable',
    'Leave it out: sequences that could harm the terminal are always removed.',
  ],
  ['repl -e', 'Leave it out: sequences that could harm the terminal are always removed.'],
  ['no-escape-non-printable', IS_DEFAULT],
  ['unsafe-links', OTHER_LINKS],
  ['mount -l', OTHER_LINKS],
  ['mount --long', OTHER_LINKS], // how -l is read
  ['no-unsafe-links', IS_DEFAULT],
  ['no-recursive', IS_DEFAULT],
  ['no-force', UNCHANGED],
  ['cp --force', UNCHANGED],
  ['cp -f', UNCHANGED],
  ['no-verbose', IS_DEFAULT],
  ['no-set', IS_DEFAULT],
  ['human', 'Use mpyfleet tree --size, which shows bytes.'],
]);

/** Returns the name here of an option of mpremote, given without its dashes. Undefined: unknown. */
export function optionHint(verb: string, option: string): string | undefined {
  const dashed = option.length === 1 ? `-${option}` : `--${option}`;
  return OPTIONS_ELSEWHERE.get(`${verb} ${dashed}`) ?? OPTIONS_ELSEWHERE.get(option);
}

/** Returns the name here of a command of another tool. Undefined: unknown. */
export function commandHint(asked: string): string | undefined {
  const [, kind = '', number = ''] = /^([auc])(\d{1,3})$/.exec(asked) ?? [];
  const port = PORTS[kind];
  if (port !== undefined) return `Name the port with -b serial:${port}${number}.`;
  return ELSEWHERE.get(asked);
}
