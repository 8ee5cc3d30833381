import { awaitedLater } from '../../core/async';
import { cp, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  AGENT_VERSION,
  examine,
  installAgent,
  newBoardKey,
  removeAgent,
  removeStartLines,
  neededSource,
  takesCompiled,
  takesWifi,
  type AgentConfig,
} from '../../core/agent';
import { CancelledError, UsageError } from '../../core/errors';
import { orAbsent } from '../../core/localFiles';
import { type NewAgent, runsAgent, updateAgentOn, updateFirmwareOn } from '../../core/many';
import { updateInWaves } from '../fleet';
import { askSecret } from '../input';
import { printable, type Cli, type VerbRun } from '../cli';
import { type CliBoard, runOnBoards } from '../board';
import { brokerPlace } from '../setup/brokerPlace';
import { isReadable } from '../../core/address';

/** `agent put [MANIFEST] --broker ID | update [MANIFEST] | remove | firmware FILE | freeze FOLDER`. */
export const run: VerbRun = (cli, args) => {
  const [action, file, ...more] = args;
  if (more.length === 0 && action === 'firmware' && file !== undefined) return firmware(cli, file);
  if (more.length === 0 && action === 'freeze' && file !== undefined) return freeze(cli, file);
  if (more.length === 0 && action === 'put') return put(cli, file);
  if (more.length === 0 && action === 'update') return update(cli, file);
  if (file === undefined && action === 'remove') return remove(cli);
  throw new UsageError('agent needs an action', {
    hint: 'Use "agent put --broker ID", "agent update", "agent remove", "agent firmware FILE" or "agent freeze FOLDER".',
  });
};

/** Updates the agent over the air, in waves. With --dry-run, prints the versions of the boards. */
async function update(cli: Cli, from: string | undefined): Promise<number> {
  const { agentFrom } = await import('../updates');
  const agent = await agentFrom(cli, from);
  const { version } = agent;
  if (cli.options.dryRun) return versions(cli, agent);
  return updateInWaves(cli, `Updating the agent to ${version}`, async (board, io) => {
    const isNew = await updateAgentOn(board, agent, io);
    return `${isNew ? 'runs' : 'already runs'} agent ${version}`;
  });
}

function versions(cli: Cli, wanted: NewAgent): Promise<number> {
  const { version } = wanted;
  return runOnBoards(cli, 'Checking the agent', async (board, io) => {
    const { birth } = await board.agent();
    const agent = birth?.agent;
    const isCurrent = birth
      ? await runsAgent(await board.overTheAir(), wanted, io.signal)
      : undefined;
    const from = agent === version ? `${version} with other files` : (agent ?? '');
    io.say(
      isCurrent === undefined
        ? 'away\n'
        : printable(isCurrent ? `${version}\n` : `${from} -> ${version}\n`),
    );
    return { agent: agent ?? null, update: isCurrent === false };
  });
}

/** Writes a firmware image to the second partition of ESP32 boards, in waves. */
async function firmware(cli: Cli, file: string): Promise<number> {
  const { firmwareFrom } = await import('../updates');
  const firmware = await firmwareFrom(cli, file);
  const older = cli.options.force;
  return updateInWaves(cli, `Updating the firmware to ${firmware.label}`, async (board, io) => {
    await updateFirmwareOn(board, firmware, { ...io, older });
    return 'runs the new firmware';
  });
}

/** Writes the agent's sources with a manifest that freezes them into a firmware. */
async function freeze(cli: Cli, folder: string): Promise<number> {
  const to = resolve(cli.cwd, folder);
  if ((await orAbsent(readdir(to), [])).length > 0) {
    throw new UsageError(`The folder ${folder} is not empty`, {
      hint: 'Nothing was written. Name a new folder.',
    });
  }
  await cp(join(__dirname, 'agent', 'frozen'), to, { recursive: true });
  const manifest = join(to, 'manifest.py');
  cli.out(
    cli.options.json
      ? `${JSON.stringify({ agent: AGENT_VERSION, manifest })}\n`
      : `Agent ${AGENT_VERSION}. Build the firmware with FROZEN_MANIFEST, or add to its manifest:\ninclude(${JSON.stringify(manifest)})\n`,
  );
  return 0;
}

/** Installs the agent over USB or WebREPL, with its own key and a broker of fleet.json. */
async function put(cli: Cli, from: string | undefined): Promise<number> {
  const { broker, wifi } = cli.options;
  if (broker === undefined) {
    throw new UsageError('agent put needs the broker to which the boards should connect', {
      hint: 'Add --broker ID, one of those in fleet.json.',
    });
  }
  const key =
    wifi === undefined
      ? undefined
      : await askSecret(cli, 'MPYFLEET_WIFI_PASSWORD', `Password of the Wi-Fi "${wifi}"`);
  const networks = wifi === undefined ? [] : [{ ssid: wifi, key: key ?? '' }];
  const { agentFrom } = await import('../updates');
  const agent = await agentFrom(cli, from);
  return runOnBoards(cli, 'Putting the agent', async (board, io) => {
    requirePrivate(board, cli.options.force);
    const { uid, ...at } = await putOn(cli, board, { agent, broker, networks }, io.signal);
    const { settings = '' } = at;
    io.say(printable(`done; it is at ${at.broker}${settings && `. ${settings}`}\n`));
    if (board.uid === undefined && isNamed(board)) {
      io.say(`With "uid": "${uid}" in its entry of fleet.json, both ways to it are one board.\n`);
    }
    return { ...at, uid };
  });
}

/**
 * Requires a private link: the agent's configuration holds a new key and passwords.
 * @throws UsageError where others could read them in transit
 */
function requirePrivate({ name, address }: CliBoard, isForced: boolean): void {
  if (address.kind === 'mqtt' || address.kind === 'mqboard') {
    throw new UsageError(`${name} is connected through a broker, which could read its new key`, {
      hint: 'Put the agent over the cable; "agent update" is for boards that have it.',
    });
  }
  if (!isReadable(address) || isForced) return;
  throw new UsageError(
    `Anyone on the network could read the new key and the passwords on their way to ${name}`,
    { hint: 'Put the agent over the cable, or add --force if you trust this network.' },
  );
}

async function putOn(
  cli: Cli,
  board: CliBoard,
  wanted: {
    readonly agent: NewAgent;
    readonly broker: string;
    readonly networks: NonNullable<AgentConfig['wifi']>;
  },
  signal: AbortSignal,
): Promise<{ readonly broker: string; readonly uid: string; readonly settings?: string }> {
  const target = {
    name: board.name,
    files: board.files,
    exec: (code: string, options: { signal?: AbortSignal }) =>
      board.withSession((session) => session.exec(code, options), options),
  };
  const fit = await examine(target, signal);
  const place = await brokerPlace(cli, board.brokersLink, cli.cwd, { id: wanted.broker }, fit);
  const adminKey = newBoardKey();
  const { sourceOf, version } = wanted.agent;
  const source = neededSource(fit, await sourceOf(takesCompiled(fit)), version);
  const { keyFile } = board.brokersLink;
  const known = await keyFile.key(fit.uid, { toReplace: true });
  // Stored before the board has it: an interruption must not leave a board whose key is lost.
  await keyFile.set(new Map([[fit.uid, { role: 'admin', key: adminKey }]]), { previous: true });
  const config: AgentConfig = {
    // A board without a name is called by its port's path, which means nothing on another computer.
    name: isNamed(board) ? board.name : `${fit.platform}-${fit.uid.slice(-6)}`,
    isNameGuess: !isNamed(board) || board.name === board.lent?.name,
    tags: board.tags,
    ...(place.root ? { root: place.root } : {}),
    wifi: takesWifi(fit) ? wanted.networks : [],
    broker: place.broker,
    adminKey,
  };
  const options = { signal, known: known?.key };
  const { clock, settings } = await installAgent(target, source, config, options);
  if (clock) cli.err(printable(`${board.name}: ${clock.note}\n`));
  const born = place.expect?.(fit.uid, signal);
  if (born) awaitedLater(born); // the reset may fail first
  await (await board.transport(signal)).reset('soft', signal);
  await born;
  return { broker: place.name, uid: fit.uid, ...(settings ? { settings } : {}) };
}

/** Returns whether the board has a name in fleet.json. Others are called by their addresses. */
function isNamed({ name }: CliBoard): boolean {
  return !/[/:]/.test(name);
}

/** Removes the agent's start lines and files. The board's own program stays. */
function remove(cli: Cli): Promise<number> {
  if (!cli.options.force) {
    throw new UsageError('Without the agent, boards are reachable only by cable or WebREPL', {
      hint: 'Nothing was done. Add --force to remove it.',
    });
  }
  return runOnBoards(cli, 'Removing the agent', async (board, io) => {
    const { signal } = io;
    if (board.address.kind === 'mqtt') {
      const { control, broker, uid } = await board.overTheAir();
      if (!control.birth) throw new UsageError(`${board.name} is away; it keeps its agent`);
      await removeStartLines(board.files, { signal });
      await control.remove(signal);
      await board.close();
      await broker.forget(uid);
    } else {
      await removeAgent(board.files, { signal });
      await (await board.transport(signal)).reset('soft', signal);
    }
    if (signal.aborted) throw new CancelledError();
    io.say('done\n');
    return null;
  });
}
