import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { counted } from '../../core/counted';
import {
  checkKeyName,
  giveKey,
  grantsOf,
  keyLabel,
  openKeys,
  withoutLesser,
  renewAdminKey,
  revokePerson,
  ROLES,
  sealKeys,
  type BoardKey,
} from '../../core/agent';
import { asError, UsageError } from '../../core/errors';
import { replaceFile } from '../../core/localFiles';
import { askSecret } from '../input';
import { printable, type Cli, type VerbRun } from '../cli';
import { type CliBoard, runOnBoards } from '../board';
import { keyStore } from '../broker';

/** `keys list | add NAME | renew [NAME] | revoke NAME | export FILE | import FILE`. */
export const run: VerbRun = async (cli, args) => {
  const [action, ...rest] = args;
  const [word] = rest;
  if (rest.length > 1) throw new UsageError('Too many arguments; see mpyfleet help keys');
  if (action === 'list' && word === undefined) return list(cli);
  if (action === 'renew' && word === undefined) return renewOwn(cli);
  if ((action === 'add' || action === 'renew') && word !== undefined) return give(cli, word);
  if (action === 'revoke' && word !== undefined) return revoke(cli, word);
  if (action === 'export' && word !== undefined) return exportKeys(cli, word);
  if (action === 'import' && word !== undefined) return importKeys(cli, word);
  throw new UsageError('keys needs an action', {
    hint: 'Use "keys list", "keys add NAME --file FILE", "keys renew [NAME]", "keys revoke NAME", "keys export FILE" or "keys import FILE".',
  });
};

function list(cli: Cli): Promise<number> {
  return runOnBoards(cli, 'Reading who has keys', async (board, io) => {
    const grants = grantsOf(await (await board.agent()).config(io.signal));
    io.say(grants.map((g) => `${printable(keyLabel(g))}\n`).join(''));
    return grants;
  });
}

/** Creates a key for a person on every board and writes all keys to one sealed file. */
async function give(cli: Cli, name: string): Promise<number> {
  checkKeyName(name);
  const { file } = cli.options;
  const role = ROLES.find((r) => r === (cli.options.role ?? 'viewer'));
  if (!role) throw new UsageError('--role is viewer, operator or admin');
  if (file === undefined) {
    throw new UsageError('The new keys need a file', {
      hint: `Add --file ${name}.keys; it is sealed with a passphrase.`,
    });
  }
  const passphrase = await askPassphrase(cli);
  const ring = new Map<string, BoardKey>();
  const status = await runOnBoards(cli, `Giving ${name} a key`, async (board, io) => {
    const { agent, own, uid } = await agentOf(board);
    const { key, how } = await giveKey(agent, own, { uid, role, name }, io.signal);
    ring.set(uid, key);
    io.say(how === 'set' ? 'done\n' : AWAY);
    return { how };
  });
  if (ring.size > 0) await writeSealed(cli, file, ring, passphrase);
  return status;
}

function revoke(cli: Cli, name: string): Promise<number> {
  checkKeyName(name);
  return runOnBoards(cli, `Revoking the keys of ${name}`, async (board, io) => {
    const { agent, own } = await agentOf(board);
    const how = await revokePerson(agent, own, name, io.signal);
    io.say(how === 'set' ? 'done\n' : AWAY);
    return { how };
  });
}

/** Creates a new admin key for every board, and stores it in this computer's key file. */
function renewOwn(cli: Cli): Promise<number> {
  return runOnBoards(cli, 'Renewing the admin key', async (board, io) => {
    const { agent, own, uid } = await agentOf(board);
    const { keyFile } = board.brokersLink;
    await renewAdminKey(
      agent,
      own,
      (key) => keyFile.set(new Map([[uid, key]]), PREVIOUS),
      io.signal,
    );
    io.say('done; the keys that were given before are no longer valid\n');
    return null;
  });
}

async function exportKeys(cli: Cli, file: string): Promise<number> {
  const passphrase = await askPassphrase(cli);
  const ring = new Map<string, BoardKey>();
  const status = await runOnBoards(cli, 'Exporting keys', async (board, io) => {
    const uid = uidOf(board);
    const key = await board.brokersLink.keyFile.key(uid);
    if (!key) throw new UsageError('This computer has no key for this board');
    ring.set(uid, key);
    io.say(`${keyLabel(key)}\n`);
    return { role: key.role };
  });
  if (ring.size > 0) await writeSealed(cli, file, ring, passphrase);
  return status;
}

async function importKeys(cli: Cli, file: string): Promise<number> {
  let text: string;
  try {
    text = await readFile(resolve(cli.cwd, file), 'utf8');
  } catch (cause) {
    throw new UsageError(`${file} cannot be read: ${asError(cause).message}`, { cause });
  }
  const ring = await openKeys(text, await askPassphrase(cli));
  const keyFile = keyStore(cli);
  const { take, left } = await withoutLesser(ring, (uid) => keyFile.key(uid, { toReplace: true }));
  await keyFile.set(take, { previous: true });
  for (const uid of left) cli.err(`${printable(uid)}: the admin key of this computer stays\n`);
  cli.err(`Keys of ${counted(take.size, 'board')} are in ${printable(keyFile.path)} now\n`);
  return 0;
}

const AWAY = 'the board is away; it receives the change from its broker when it connects\n';
const PREVIOUS = { previous: true } as const;

function askPassphrase(cli: Cli): Promise<string> {
  return askSecret(cli, 'MPYFLEET_PASSPHRASE', 'Passphrase of the key file');
}

async function writeSealed(
  cli: Cli,
  file: string,
  ring: ReadonlyMap<string, BoardKey>,
  passphrase: string,
): Promise<void> {
  await replaceFile(resolve(cli.cwd, file), await sealKeys(ring, passphrase), {
    mode: 0o600,
    follow: true,
  });
  cli.err(
    `Keys of ${counted(ring.size, 'board')} are in ${printable(file)}, sealed with the passphrase\n`,
  );
}

async function agentOf(board: CliBoard) {
  const agent = await board.agent();
  const uid = uidOf(board);
  return { agent, uid, own: await board.brokersLink.keyFile.key(uid) };
}

function uidOf({ address, uid, name }: CliBoard): string {
  const known = address.kind === 'mqtt' ? address.uid : uid;
  if (known !== undefined) return known;
  throw new UsageError(`${name} is not behind a broker; keys are for boards with the agent`);
}
