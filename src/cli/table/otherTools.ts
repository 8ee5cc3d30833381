/** Commands of mpremote, ampy and rshell that have another name here, or that nothing here needs. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['connect', 'Name the board with -b, for example mpyfleet -b serial:/dev/ttyACM0 ls.'],
  ['disconnect', 'Every command opens its link and closes it; there is nothing to disconnect.'],
  ['devs', 'mpyfleet list shows the boards and ports.'],
  ['soft-reset', 'It is mpyfleet reset.'],
  ['hard-reset', 'It is mpyfleet reset --hard.'],
  ['resume', 'Leave it out: no command resets the board first.'],
  ['mount', 'mpyfleet run FILE runs a local file; mpyfleet sync FOLDER sends what has changed.'],
  ['umount', 'Leave it out: nothing is mounted.'],
  ['fs', 'Leave it out: mpyfleet ls, cat, cp, rm, mkdir, touch, tree, df, sha256sum.'],
  ['rmdir', 'It is mpyfleet rm -r :PATH.'],
  ['rsync', 'It is mpyfleet sync FOLDER :PATH.'],
  ['version', 'It is mpyfleet --version; mpyfleet info shows that of the firmware.'],
  ['sleep', 'Use the sleep command of your shell between two calls.'],
  ['upload', 'It is mpyfleet put FILE : for files, and mpyfleet sync FOLDER for folders.'],
  ['download', 'It is mpyfleet get :PATH .'],
  ['install', 'It is mpyfleet mip install PACKAGE.'],
  ['shell', 'It is mpyfleet repl.'],
  ['monitor', 'It is mpyfleet log.'],
]);
/** mpremote's short names of ports. */
const PORTS: Readonly<Record<string, string>> = { a: '/dev/ttyACM', u: '/dev/ttyUSB', c: 'COM' };

/** What a command of another tool is called here; undefined: unknown. */
export function commandHint(asked: string): string | undefined {
  const [, kind = '', number = ''] = /^([auc])(\d{1,3})$/.exec(asked) ?? [];
  const port = PORTS[kind];
  if (port !== undefined) return `Name the port with -b serial:${port}${number}.`;
  return ELSEWHERE.get(asked);
}
