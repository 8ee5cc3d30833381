import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notebookPackages } from '../../../src/core/notebook/packages';
import { serialAddress } from '../../../src/core/parseAddress';
import { readInfo } from '../../../src/core/board/readInfo';
import { startSshd } from '../../lab/index.mjs';
import { tempDir } from '../../lab/paths.mjs';
import { FleetRig } from '../rig/fleetRig';
import { labHost, Notebook } from '../rig/notebookRig';
import { startMpyCross, startPackages } from '../rig/packageLab';

// Magics that need more than a board: an index of packages and the compiler, an SSH server,
// containers (docker's command line is a stand-in, because not every machine can run a daemon), and
// addresses that are added and removed.

let rig: FleetRig;
let packages: Awaited<ReturnType<typeof startPackages>>;
let mpyCross: Awaited<ReturnType<typeof startMpyCross>>;
let sshd: Awaited<ReturnType<typeof startSshd>>;
let containers: string;
let book: Notebook;
const path = process.env.PATH;

/** Runs its command here, as if the container `web` were this computer. */
const DOCKER = `#!/bin/sh
[ "$1 $2" = 'exec -i' ] || exit 64
if [ "$3" = -u ]; then
  export AS="$4"
  shift 2
fi
[ "$3" = web ] || { echo "Error response from daemon: No such container: $3" >&2; exit 1; }
shift 3
exec "$@"
`;

beforeAll(async () => {
  [rig, packages, mpyCross, sshd] = await Promise.all([
    FleetRig.start(2),
    startPackages(),
    startMpyCross(),
    startSshd(),
  ]);
  const { fleet } = rig;
  const [, second] = rig.uboards;
  const ttys = (all: boolean) =>
    rig.ports.set(rig.uboards.filter((u) => all || u !== second).map((u) => u.tty));
  const found = labHost(fleet);
  const host = labHost(fleet, 'python3', {
    boards: {
      ...found.boards,
      // Adding an address is a setting of the window. Here it makes the port known.
      register: (text) => {
        ttys(true);
        return found.boards.register(text);
      },
      unregister: (board) => {
        const gone = board.links.map((l) => l.found.address.text);
        ttys(false);
        return Promise.resolve(gone);
      },
    },
    packages: notebookPackages({
      manager: packages.manager,
      mpyCross: mpyCross.compile,
      boardFor: async (board) => {
        const { uid, mpy } = await board.withSession((s) => readInfo(s), { job: 'Reading' });
        return { key: uid ?? board.id, files: board.files, ...(mpy && { mpy }) };
      },
      settings: () => ({ target: '/lib', compile: false }),
      changed: () => undefined,
    }),
  });
  book = new Notebook(host, rig.boards[0]);
  await Promise.all(rig.boards.map((b) => b.refreshInfo()));
  for (const [i, name] of ['kitchen', 'garden'].entries()) {
    const board = rig.boards[i];
    if (board) fleet.rename(board, name);
  }
  containers = tempDir('containers');
  writeFileSync(join(containers, 'docker'), DOCKER);
  chmodSync(join(containers, 'docker'), 0o755);
  process.env.PATH = [sshd.bin, containers, path].join(delimiter);
});
afterAll(async () => {
  process.env.PATH = path;
  book.dispose();
  await rig.stop();
  await packages.stop();
  await mpyCross.dispose();
  await sshd.stop();
});

describe('packages', () => {
  it.each(['%pip', '%upip'])('%s installs to the board, lists and removes', async (pip) => {
    const installed = await book.run(`${pip} install shapes`);
    expect(installed.printed, installed.all).toBe(
      'Installed units 0.2.0\nInstalled shapes 1.1.0\n',
    );
    expect((await book.run('import shapes\nprint(shapes.UNIT)')).printed).toBe('m²\n');
    expect((await book.run(`${pip} list`)).printed).toBe('shapes 1.1.0\nunits 0.2.0\n');
    const removed = await book.run(`${pip} uninstall shapes`);
    expect(removed.printed).toContain('Removed shapes 1.1.0\n');
    await book.run(`%softreset`);
    expect((await book.run('import shapes')).failure?.name).toBe('ImportError');
  });

  it('go to a folder of this computer with --host', async () => {
    const { printed } = await book.run('%pip install --host --target libs shapes');
    expect(printed).toBe(
      ['units 0.2.0', 'shapes 1.1.0']
        .map((p) => `Installed into ${join(book.host.folder, 'projects/libs')}: ${p}\n`)
        .join(''),
    );
    expect(existsSync(join(book.host.folder, 'projects/libs/shapes/data/table.txt'))).toBe(true);
  });

  it('go to a folder of this computer when --target is one', async () => {
    const into = join(book.host.folder, 'projects', 'code', 'lib');
    expect((await book.run('%upip -t code/lib install units')).printed).toBe(
      `Installed into ${into}: units 0.2.0\n`,
    );
    expect(existsSync(join(into, 'units.py'))).toBe(true);
    const there = await book.run('%pip install -t /there units\n%rlist /there');
    expect(there.printed).toMatch(/^Installed units 0\.2\.0\n *\d+ .* units\.m?py\n$/);
  });

  it('are refused with a reason when they do not exist, or the action does not', async () => {
    expect((await book.run('%pip install no-such-thing')).failure?.value).toContain(
      'no-such-thing',
    );
    expect((await book.run('%pip shapes')).failure?.value).toContain('%pip install NAME');
  });

  it('%mpycross compiles a file that the board then imports', async () => {
    writeFileSync(join(book.host.folder, 'fast.py'), 'def twice(x):\n    return 2 * x\n');
    expect((await book.run('%mpycross fast.py')).printed).toMatch(
      /^fast\.py -> \/\S+\/fast\.mpy \(\d+ bytes\)\n$/,
    );
    expect(readFileSync(join(book.host.folder, 'fast.mpy'))[0]).toBe('M'.charCodeAt(0));
    const used = await book.run('%cp fast.mpy :/fast.mpy\nimport fast\nfast.twice(21)');
    expect(used.shown[0]?.data['text/plain'], used.all).toBe('42');
    writeFileSync(join(book.host.folder, 'bad.py'), 'def :\n');
    expect((await book.run('%mpycross bad.py')).failure?.traceback.join('\n')).toMatch(
      /bad\.py.*SyntaxError|SyntaxError.*bad\.py|line 1/s,
    );
  });
});

describe('other computers', () => {
  it('%%ssh runs the cell with the shell of a host whose key is known', async () => {
    const { printed, notes, failure } = await book.run(
      "%%ssh lab\nfor i in 1 2; do echo it\\'s $i; done\necho oops >&2",
    );
    expect({ printed, notes, failure }).toEqual({
      printed: "it's 1\nit's 2\n",
      notes: 'oops\n',
      failure: undefined,
    });
    expect((await book.run('%%ssh lab\nexit 3')).failure?.value).toBe('ssh exited with status 3');
  });

  it('%%ssh refuses a host whose key is not known, and names that are options', async () => {
    const stranger = await book.run('%%ssh stranger\ntouch /never');
    expect(stranger.notes).toContain('Host key verification failed');
    expect(stranger.failure?.value).toBe('ssh exited with status 255');
    for (const name of ['-oProxyCommand=sh', '"a;b"', '-F/x']) {
      expect((await book.run(`%%ssh ${name}\ntrue`)).failure?.name, name).toBe('UsageError');
    }
  });

  it('%%ssh keeps the output in a variable, and takes a port but no password', async () => {
    const kept = await book.run('%%ssh --out there --err why lab\necho 42\necho oops >&2');
    expect(kept.all).toBe('');
    expect((await book.run('!echo $there $why')).printed).toBe('42 oops\n');
    expect((await book.run('%%ssh -p 1 lab\ntrue')).notes).toContain('port 1: Connection refused');
    const secret = await book.run('%%ssh --password x lab\ntrue');
    expect(secret.failure?.traceback.join('\n')).toContain('ssh-copy-id lab');
    expect((await book.run('%%ssh -p 2x lab\ntrue')).failure?.value).toBe('"2x" is not a port');
  });

  it('%%ssh is interrupted', async () => {
    const stop = new AbortController();
    const { output, done } = book.start('%%ssh lab\necho on\nsleep 600', { signal: stop.signal });
    await output.until('on');
    stop.abort();
    await done;
    expect(output.failure?.name).toBe('KeyboardInterrupt');
  });

  it('%%service runs the cell in a container', async () => {
    expect((await book.run('%%service web\necho from $0')).printed).toBe('from sh\n');
    expect((await book.run('%%service web -u root -s bash\necho as $AS $0')).printed).toBe(
      'as root bash\n',
    );
    expect((await book.run('%%service web -u a;b\ntrue')).failure?.value).toContain('not a valid');
    const gone = await book.run('%%service -e docker mail\ntrue');
    expect(gone.notes).toContain('No such container: mail');
    expect(gone.failure?.value).toBe('docker exited with status 1');
    expect((await book.run('%%service -e rkt web\ntrue')).failure?.value).toBe(
      'The engine must be docker or podman',
    );
    process.env.PATH = tempDir('nothing');
    const none = await book.run('%%service web\ntrue');
    process.env.PATH = [sshd.bin, containers, path].join(delimiter);
    expect(none.failure?.value).toBe('Neither docker nor podman is installed on this computer');
  });
});

describe('the board', () => {
  it('%register and %unregister add and remove an address', async () => {
    const tty = rig.uboards[1]?.tty ?? '';
    expect((await book.run('%unregister garden')).printed).toBe(`Unregistered serial://${tty}\n`);
    expect(rig.fleet.byAddress(serialAddress(tty))?.present ?? false).toBe(false);
    expect((await book.run('%discover')).printed).not.toContain(tty);
    expect((await book.run(`%register serial://${tty}`)).printed).toBe(
      `Registered garden @ serial://${tty}\n`,
    );
    expect((await book.run('%discover')).printed).toContain(tty);
  });

  it('%synctime and %settime set the clock to that of this computer', async () => {
    for (const magic of ['%synctime', '%settime']) {
      const before = Math.floor(Date.now() / 1000) * 1000;
      const { printed, all } = await book.run(magic);
      const set = new Date(printed.trim().replace(' ', 'T')).getTime();
      expect(set, all).toBeGreaterThanOrEqual(before);
      expect(set, all).toBeLessThanOrEqual(Date.now());
    }
  });

  it('%hardreset starts the board again, and the next cell runs on it', async () => {
    await book.run('kept = 1');
    const { printed, failure } = await book.run('%hardreset');
    expect(failure).toBeUndefined();
    expect(printed).toMatch(/^\n!{31}\n!!!!! {3}hardreset \.\.\. {5}!!!!!\n!{31}\n\n$/);
    expect((await book.run('kept')).failure?.name).toBe('NameError');
  });

  it('%loglevel shows what the kernel does', async () => {
    expect((await book.run('%loglevel')).printed).toBe('WARNING\n');
    expect((await book.run('%loglevel debug\nprint(1)')).notes).toMatch(
      /^DEBUG kitchen: \d+ ms\n$/,
    );
    expect((await book.run('%loglevel loud')).failure?.value).toBe('loud is not a valid level');
    expect((await book.run('%loglevel warning\nprint(1)')).notes).toBe('');
  });
});
