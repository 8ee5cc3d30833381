import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  applyConfig,
  type BoardConfig,
  checkConfig,
  type ConfigChange,
  configChanges,
  configText,
  fillTemplate,
  leaveConfig,
  parseConfig,
  reportedConfig,
  SETTINGS,
} from '../../core/boardConfig';
import { text } from '../../core/bytes';
import { asError, UsageError } from '../../core/errors';
import { sharedName, sortByName } from '../../core/many';
import { secretsOf } from '../input';
import { printable, type Cli, type VerbRun } from '../cli';
import { type CliBoard, runOnBoards } from '../board';
import { EXIT } from '../exitStatus';

/** `config get`, `config diff [SETTING=VALUE...]`, `config set [SETTING=VALUE...]`. */
export const run: VerbRun = async (cli, args) => {
  const [action, ...given] = args;
  if (action === 'get' && given.length === 0) return get(cli);
  if (action === 'get') throw new UsageError('config get prints all settings, and takes no names');
  if (action === 'diff') return diff(cli, await desired(cli, given));
  if (action === 'set') return set(cli, await desired(cli, given));
  throw new UsageError('config needs an action', {
    hint: 'Use "config get", "config diff --file FILE" or "config set SETTING=VALUE".',
  });
};

function get(cli: Cli): Promise<number> {
  return runOnBoards(cli, 'Reading the configuration', async (board, io) => {
    const config = reportedConfig(await (await board.agent()).reported(io.signal));
    io.say(printable(configText(config)));
    return config;
  });
}

/** Prints the settings that differ. Exit status 1 if a board differs, as with diff. */
async function diff(cli: Cli, template: BoardConfig): Promise<number> {
  const fill = filler(cli, template);
  const drifted = new Set<CliBoard>();
  const status = await runOnBoards(cli, 'Comparing', async (board, io, boards) => {
    const reported = await (await board.agent()).reported(io.signal);
    const changes = configChanges(await fill(board, boards), reported);
    if (changes.length > 0) drifted.add(board);
    io.say(changes.length === 0 ? 'as it should be\n' : changeLines(changes));
    return changes.map(changeJson);
  });
  return status === EXIT.ok && drifted.size > 0 ? EXIT.board : status;
}

async function set(cli: Cli, template: BoardConfig): Promise<number> {
  if (cli.options.dryRun) {
    const status = await diff(cli, template);
    return status === EXIT.board ? EXIT.ok : status;
  }
  const fill = filler(cli, template);
  const nameOf = filler(cli, template.name === undefined ? {} : { name: template.name });
  const { trialSeconds } = cli.options;
  return runOnBoards(cli, 'Configuring', async (board, io, boards) => {
    const agent = await board.agent();
    await refuseSharedNames(boards, nameOf);
    const wanted = await fill(board, boards);
    const { changes, result } = agent.birth
      ? await applyConfig(agent, wanted, {
          signal: io.signal,
          ...(trialSeconds === undefined ? {} : { trialSeconds }),
        })
      : await leaveConfig(agent, wanted);
    io.say(changeLines(changes) + WORDS[result]);
    return { result, changes: changes.map(changeJson) };
  });
}

/** @throws UsageError if two of the boards would get the same name: nothing could then select one of them by it */
async function refuseSharedNames(
  boards: readonly CliBoard[],
  nameOf: ReturnType<typeof filler>,
): Promise<void> {
  const named = await Promise.all(boards.map((board) => nameOf(board, boards)));
  const shared = sharedName(
    named.flatMap(({ name }) => (typeof name === 'string' ? [name] : [])),
    [],
  );
  if (shared === undefined) return;
  throw new UsageError(`Several boards would be called "${shared}"; nothing was changed`, {
    hint: "Number them: name='lamp-{n}'.",
  });
}

const WORDS = {
  same: 'as it should be\n',
  set: 'done\n',
  waitsForRestart: 'it takes effect at the next start\n',
  left: 'the board is away; the broker keeps it until the board connects\n',
  moved: 'the board has moved to its new broker and has not reconnected\n',
} as const;

/**
 * Returns the document of --file, overridden by the settings in the arguments.
 * @throws UsageError
 */
async function desired(cli: Cli, args: readonly string[]): Promise<BoardConfig> {
  const { file } = cli.options;
  const base = file === undefined ? {} : parseConfig(await contentOf(cli, file));
  const own = Object.fromEntries(
    args.map((arg) => {
      const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(arg) ?? [];
      if (name === '') throw new UsageError(`"${arg}" is not a setting: write it as telemetry=30`);
      return [name, settingValue(name, value)];
    }),
  );
  const config = checkConfig({ ...base, ...own });
  if (Object.keys(config).length > 0) return config;
  throw new UsageError('No setting was given', {
    hint: `Give --file FILE, or some of: ${SETTINGS.map((s) => s.name).join(', ')}.`,
  });
}

/**
 * Parses a value as YAML (`[a, b]`, `30`, `{limit: 60}`). A text setting takes it literally, so
 * that `name=007` is text.
 */
function settingValue(name: string, value: string): unknown {
  const types = SETTINGS.find((s) => s.name === name)?.schema.anyOf?.map((s) => s.type) ?? [];
  if (types.includes('string') && value !== '' && value !== 'null') return value;
  return parseConfig(`${JSON.stringify(name)}: ${value}`)[name];
}

async function contentOf(cli: Cli, file: string): Promise<string> {
  if (file === '-') return text(await cli.input.readAll());
  try {
    return await readFile(resolve(cli.cwd, file), 'utf8');
  } catch (cause) {
    throw new UsageError(`${file} cannot be read: ${asError(cause).message}`, { cause });
  }
}

function filler(cli: Cli, template: BoardConfig) {
  const secret = secretsOf(cli);
  return (board: CliBoard, boards: readonly CliBoard[]) =>
    fillTemplate(template, {
      name: board.name,
      uid: board.uid ?? (board.address.kind === 'mqtt' ? board.address.uid : ''),
      platform: board.platform,
      n: sortByName(boards).indexOf(board) + 1, // brokers report boards in any order
      secret,
    });
}

/** Formats `telemetry: 60 -> 30`. For a password it says only that it differs. */
function changeLines(changes: readonly ConfigChange[]): string {
  const shown = (value: unknown) => printable(JSON.stringify(value ?? null));
  return changes
    .map(({ setting, reported, desired, secretOnly }) =>
      secretOnly
        ? `${setting.name}: another password\n`
        : `${setting.name}: ${shown(reported)} -> ${shown(withoutSecrets(desired))}\n`,
    )
    .join('');
}

function changeJson({ setting, reported, desired, secretOnly }: ConfigChange) {
  return {
    setting: setting.name,
    reported: reported ?? null,
    desired: withoutSecrets(desired) ?? null,
    ...(secretOnly ? { secretOnly } : {}),
  };
}

function withoutSecrets(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (key, v: unknown) =>
      key === 'password' || key === 'user' ? undefined : v,
    ),
  );
}
