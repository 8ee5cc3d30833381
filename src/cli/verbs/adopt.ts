import { parseKey } from '../../core/agent';
import { UsageError } from '../../core/errors';
import { askSecret } from '../input';
import type { VerbRun } from '../cli';
import { type CliBoard, runOnBoards } from '../board';
import { ignoredBoards } from '../broker';

/** `adopt`: takes the key of a board, and stores it once the board has accepted it. */
export const adopt: VerbRun = async (cli, args) => {
  if (args.length > 0) throw new UsageError('adopt takes no arguments; -b names the board');
  const key = parseKey(await askSecret(cli, 'MPYFLEET_KEY', 'Key of the board'));
  return runOnBoards(cli, 'Adopting', async (board, io, boards) => {
    if (boards.length > 1) {
      throw new UsageError('adopt takes one board: each board has its own key', {
        hint: 'To import many keys from a file: mpyfleet keys import FILE',
      });
    }
    const { uid, brokersLink } = atBroker(board);
    const { keyFile } = brokersLink;
    const old = await keyFile.key(uid, { toReplace: true });
    await keyFile.set(new Map([[uid, key]]));
    try {
      await (await board.agent()).config(io.signal);
    } catch (error) {
      // Keeps the old key if the board refuses the new one or cannot be reached to try it.
      if (old) await keyFile.set(new Map([[uid, old]]));
      else await keyFile.remove(uid);
      throw error;
    }
    await ignoredBoards(cli).set([uid], false);
    io.say(`${board.name} is yours, as ${key.role}; the key is in ${keyFile.path}\n`);
    return { role: key.role };
  });
};

/** `ignore`, `ignore list`, `ignore undo UID...`: boards at brokers that belong to others. */
export const ignore: VerbRun = async (cli, args) => {
  const [action, ...uids] = args;
  const ignored = ignoredBoards(cli);
  if (action === 'list' && uids.length === 0) {
    const all = [...(await ignored.all())].sort();
    cli.out(cli.options.json ? `${JSON.stringify(all)}\n` : all.map((uid) => `${uid}\n`).join(''));
    return 0;
  }
  if (action === 'undo' && uids.length > 0) {
    const known = await ignored.all();
    const other = uids.find((uid) => !known.has(uid));
    if (other !== undefined) {
      throw new UsageError(`${other} is not ignored`, { hint: 'mpyfleet ignore list shows them.' });
    }
    await ignored.set(uids, false);
    return 0;
  }
  if (action !== undefined) {
    throw new UsageError('ignore takes "list", "undo UID...", or boards with -b');
  }
  const chosen: string[] = [];
  const status = await runOnBoards(cli, 'Ignoring', (board, io) => {
    chosen.push(atBroker(board).uid);
    io.say('ignored; "mpyfleet ignore undo" brings it back\n');
    return Promise.resolve(null);
  });
  await ignored.set(chosen, true);
  return status;
};

/** `forget`: deletes the messages that brokers retain for boards that are away. */
export const forget: VerbRun = (cli, args) => {
  if (args.length > 0) throw new UsageError('forget takes no arguments; -b names the boards');
  return runOnBoards(cli, 'Forgetting', async (board, io) => {
    const { uid, brokersLink } = atBroker(board);
    const at = await brokersLink.agentAt(board.address);
    if (!at) throw new UsageError(`${board.name} is not behind a broker of the configuration`);
    if (at.broker.presences.get(uid)?.on) {
      throw new UsageError(`${board.name} is online, and would announce itself again`, {
        hint: 'Remove its agent (mpyfleet agent remove), or ignore it (mpyfleet ignore).',
      });
    }
    await at.broker.forget(uid);
    await cli.window?.forget(uid);
    io.say('forgotten; its key is kept, in case it comes back\n');
    return null;
  });
};

/** Returns where the broker has the board. @throws UsageError for a board that no broker reports */
function atBroker(board: CliBoard): { uid: string; brokersLink: CliBoard['brokersLink'] } {
  const { address, brokersLink } = board;
  if (address.kind === 'mqtt') return { uid: address.uid, brokersLink };
  throw new UsageError(`${board.name} is not behind a broker`, {
    hint: 'Boards on a cable need no key; without the cable they are not listed.',
  });
}
