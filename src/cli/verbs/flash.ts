import { resolve } from 'node:path';
import { fullPlace } from '../../core/address';
import { UsageError } from '../../core/errors';
import {
  findDrives,
  type Firmware,
  flashBoard,
  type FlashBoardOptions,
  type FlashOutcome,
  flashStep,
  otherVersion,
  parseFirmware,
  stepsText,
} from '../../core/flash';
import { boardFolders } from '../../core/many';
import { backUp } from '../files';
import { printable, type Cli, type VerbRun } from '../cli';
import {
  type BoardIo,
  type CliBoard,
  comesBack,
  loadLinks,
  Progress,
  runOnBoards,
  targetOf,
} from '../board';
import { firmwareCatalogue, loadFirmware } from '../firmware';

/** `flash [BOARD|PORT] FILE|URL|NAME[@VERSION]`: writes firmware. */
export const run: VerbRun = async (cli, args) => {
  const [wanted, board, ...others] = [...args].reverse();
  if (wanted === undefined || others.length > 0) {
    throw new UsageError('flash needs a firmware file, its address or a name from the catalogue', {
      hint: 'mpyfleet flash /dev/ttyUSB0 ESP32_GENERIC, or mpyfleet flash firmware.uf2; mpyfleet firmware lists names.',
    });
  }
  const { data, name } = await loadFirmware(cli, wanted);
  const firmware = parseFirmware(data, cli.options.offset);
  cli.err(`${printable(describe(firmware, name))}\n`);
  const { backup } = cli.options;
  const chosen = board ?? cli.options.board?.join(',') ?? cli.env.MPYFLEET_BOARD;
  if (chosen === undefined && (await hasDrive(firmware))) {
    if (backup !== undefined) throw noFilesInLoader();
    return await onDrive(cli, firmware);
  }
  const options = {
    ...cli.options,
    ...(board === undefined ? {} : { board: [board] }),
    // Flashing stops the program anyway. It runs again if its files cannot be saved.
    ...(backup === undefined ? {} : { stop: true, restart: true }),
  };
  return runOnBoards({ ...cli, options }, 'Flashing', async (target, io, boards) => {
    requireCable(target);
    if (backup === undefined) return flashOne(cli, firmware, target, io);
    const own = boards.length > 1 ? (boardFolders(boards).get(target) ?? '') : '';
    const saved = await backUp(cli, target, io, resolve(cli.cwd, backup, own));
    return { ...(await flashOne(cli, firmware, target, io)), backup: saved };
  });
};

function noFilesInLoader(): UsageError {
  return new UsageError('The files of a board in its boot loader cannot be saved', {
    hint: 'Press RESET to start MicroPython, and name the port of the board. Without --backup it is flashed as it is.',
  });
}

/** `firmware [WORD]`: lists boards of the catalogue, or the files for one. */
export const list: VerbRun = async (cli, args) => {
  const [word = '', ...others] = args;
  if (others.length > 0) throw new UsageError('firmware takes one word or the name of a board');
  const catalogue = firmwareCatalogue(cli);
  const boards = await catalogue.boards(cli.signal);
  const exact = boards.find(({ id }) => id.toLowerCase() === word.toLowerCase());
  if (exact) {
    const { files, maker } = await catalogue.board(exact.id, cli.signal);
    const line = (file: (typeof files)[number]) =>
      `${file.version}${file.variant ? `  ${file.variant}` : ''}${file.date ? `  ${file.date}` : ''}  ${file.url}\n`;
    cli.out(
      cli.options.json ? `${JSON.stringify(files, undefined, 2)}\n` : files.map(line).join(''),
    );
    // On stderr: the list of files is for programs as well.
    if (maker) cli.err(`${printable(stepsText(maker))}\n`);
    return 0;
  }
  const found = boards.filter(({ id, name, vendor }) =>
    `${id} ${name} ${vendor}`.toLowerCase().includes(word.toLowerCase()),
  );
  if (found.length === 0) throw new UsageError(`No board in the catalogue matches "${word}"`);
  const line = ({ id, name, vendor }: (typeof found)[number]) =>
    printable(`${id}  ${[vendor, name].filter(Boolean).join(' ')}`.trimEnd());
  cli.out(
    cli.options.json
      ? `${JSON.stringify(found, undefined, 2)}\n`
      : found.map((entry) => `${line(entry)}\n`).join(''),
  );
  return 0;
};

/** @throws UsageError for a board that is not at a serial port */
function requireCable({ address, name }: CliBoard): void {
  if (address.kind === 'serial') return;
  throw new UsageError(`${name} is not on a cable: firmware is written over USB`, {
    hint: 'An ESP32 with the agent takes updates over the air: see docs/flash.md.',
  });
}

async function flashOne(
  cli: Cli,
  firmware: Firmware,
  board: CliBoard,
  io: BoardIo,
): Promise<object> {
  const links = await loadLinks(cli);
  try {
    const path = fullPlace(board.address);
    board.handOver();
    const outcome = await flashBoard(firmware, await targetOf(cli, links, board, path), {
      ...flashOptions(cli, io.signal),
      onProgress: (progress) => io.progress(progress.done, progress.total, flashStep(progress)),
      onIdentity: ({ description, mac }) => io.say(`${description}, ${mac}\n`),
    });
    io.say(`${printable(whatWasDone(firmware, outcome))}\n`);
    if (outcome.esp?.restarted === false) {
      io.say('Press RESET on the board, or unplug it and plug it in, to start it.\n');
      return { ...outcome.esp, version: versionOf(firmware) };
    }
    const info = await comesBack(links, firmware.kind, path, io.signal);
    io.say(
      `${printable(`The board runs ${info.implementation} ${info.version}: ${info.machine}`)}\n`,
    );
    const wanted = otherVersion(firmware, info.version);
    if (wanted !== undefined) {
      throw new UsageError(`The board runs ${info.version}, but the firmware file is ${wanted}`, {
        hint: 'Is this the board that was flashed? Press RESET, or unplug it and plug it in.',
      });
    }
    return { ...outcome.esp, version: info.version, uid: info.uid };
  } finally {
    await links.close();
  }
}

async function hasDrive(firmware: Firmware): Promise<boolean> {
  if (firmware.kind === 'esp') return false;
  if (firmware.kind === 'dfu') return true;
  const kind = firmware.kind === 'uf2' ? 'uf2' : 'dapLink';
  return (await findDrives()).some((drive) => drive.kind === kind);
}

/** Flashes a board through the mounted drive of its boot loader, which needs no port. */
async function onDrive(cli: Cli, firmware: Firmware): Promise<number> {
  const bar = new Progress(cli, 1);
  const outcome = await flashBoard(
    firmware,
    {},
    {
      ...flashOptions(cli, cli.signal),
      onProgress: (progress) => bar.bytes(progress.done, progress.total, flashStep(progress)),
    },
  ).finally(() => bar.clear());
  const done = { firmware: versionOf(firmware), drive: outcome.drive?.path };
  cli.out(
    cli.options.json
      ? `${JSON.stringify([done], undefined, 2)}\n`
      : `${printable(whatWasDone(firmware, outcome))}\n`,
  );
  return 0;
}

function flashOptions(cli: Cli, signal: AbortSignal): FlashBoardOptions {
  const { erase, baud } = cli.options;
  return { log: cli.log, signal, erase, ...(baud === undefined ? {} : { mostBaud: baud }) };
}

function describe(firmware: Firmware, name: string): string {
  const version = versionOf(firmware);
  const what = version === undefined ? 'firmware' : `MicroPython ${version}`;
  return firmware.kind === 'esp'
    ? `${name}: ${what} for the ${firmware.chip.name}`
    : `${name}: ${what}`;
}

function versionOf(firmware: Firmware): string | undefined {
  return 'version' in firmware ? firmware.version : undefined;
}

function whatWasDone(firmware: Firmware, { esp, drive }: FlashOutcome): string {
  if (esp?.written === 0) return 'The chip already has this firmware.';
  if (esp)
    return `Wrote and verified ${esp.written} bytes${esp.baud ? ` at ${esp.baud} baud` : ''}.`;
  if (drive) return `The loader ${drive.name} accepted the firmware.`;
  return `Wrote ${firmware.data.length} bytes.`;
}
