import { flashBoard, flashStep, type Firmware } from '../../core/flash';
import { serialAddress } from '../../core/parseAddress';
import type { SetupBoard } from '../../core/setup';
import type { Cli } from '../cli';
import { CliBoard, comesBack, type Links, targetOf } from '../board';

/** Milliseconds allowed for pressing RESET on a board that the port cannot restart. */
const PRESS_RESET_MS = 300_000;

/** The board at one port. The line may stop and restart it as needed. */
export class PortBoard implements SetupBoard {
  readonly name: string;
  readonly #board: CliBoard;
  #kind: Firmware['kind'] | undefined;

  constructor(
    private readonly cli: Cli,
    private readonly links: Links,
    private readonly path: string,
  ) {
    this.name = path;
    this.#board = new CliBoard(path, serialAddress(path), links, 'stop');
  }

  get files() {
    return this.#board.files;
  }

  exec(code: string, { signal }: { signal?: AbortSignal }) {
    return this.#board.withSession(
      (session) => session.exec(code, { ...(signal ? { signal } : {}) }),
      { ...(signal ? { signal } : {}) },
    );
  }

  flash: SetupBoard['flash'] = async (firmware, { erase, signal, onChip, onProgress }) => {
    await this.#board.close();
    this.#kind = firmware.kind;
    const { baud } = this.cli.options;
    const target = await targetOf(this.cli, this.links, this.#board, this.path);
    const { esp } = await flashBoard(firmware, target, {
      ...{ log: this.cli.log, signal, erase },
      ...(baud === undefined ? {} : { mostBaud: baud }),
      onIdentity: ({ mac }) => onChip(mac.replace(/[^0-9a-f]/gi, '').toLowerCase()),
      onProgress: (p) => onProgress(flashStep(p), p.done, p.total),
    });
    return { restarted: esp?.restarted !== false };
  };

  info: SetupBoard['info'] = ({ restarted, signal }) => {
    const limit = restarted ? undefined : PRESS_RESET_MS;
    return comesBack(this.links, this.#kind, this.path, signal, limit);
  };

  async reset(mode: 'soft' | 'hard', signal: AbortSignal): Promise<void> {
    await (await this.#board.transport(signal)).reset(mode, signal);
  }

  close(): Promise<void> {
    return this.#board.close();
  }
}
