import { readdir, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as l10n from '@vscode/l10n';
import { sha256 } from '../hash';
import { fileText } from '../bytes';
import { UsageError } from '../errors';
import type { Fetcher } from '../packages';
import type { CatalogueBoard, CatalogueFile } from './catalogueEntries';
import { CIRCUITPYTHON, CIRCUITPYTHON_LIST } from './circuitPython';
import { FlashError } from './errors';
import { MOST_FIRMWARE_BYTES } from './image';
import { readBoards, readFiles, readOwnCatalogue, readPort, releaseOrder } from './cataloguePages';
import { byHand, makerAnswer, type MakerAnswer } from './makerAnswer';

/** The firmware for one board. */
export interface BoardFirmware {
  /** Releases first, the newest first. Files that cannot be written from here are left out if there are others. */
  readonly files: readonly CatalogueFile[];
  /** How firmware gets on the board; undefined if the source does not say which port of MicroPython it belongs to. */
  readonly maker: MakerAnswer | undefined;
  /** Whether none of the files can be written from here, so that the maker's steps are needed. */
  readonly isByHand: boolean;
}

/** Where MicroPython's own builds are listed. */
export const MICROPYTHON_DOWNLOADS = 'https://micropython.org/download/';

/**
 * Firmware of micropython.org and of other sources: URLs of JSON files, folders, or the word
 * `circuitpython`.
 */
export class FirmwareCatalogue {
  constructor(
    private readonly sources: () => { readonly main: string; readonly own: readonly string[] },
    private readonly fetcher: Fetcher,
    /** Called with the listed files of a board of micropython.org. */
    private readonly onFiles?: (files: readonly CatalogueFile[]) => Promise<void>,
  ) {}

  /**
   * Returns all boards, those of the user's own sources first.
   * @throws DownloadError, UsageError
   */
  async boards(signal?: AbortSignal): Promise<CatalogueBoard[]> {
    const { main, own } = this.sources();
    const lists = await Promise.all([
      ...own.map(async (source) => (await this.#own(source, signal)).boards),
      ...(main === '' ? [] : [this.#main(main, signal)]),
    ]);
    return lists.flat();
  }

  /** Returns what there is for one board. @throws UsageError for a board that is not in the catalogue */
  async board(id: string, signal?: AbortSignal): Promise<BoardFirmware> {
    const { main, own } = this.sources();
    for (const source of own) {
      const { files } = await this.#own(source, signal);
      const mine = files.filter((file) => same(file.board, id));
      if (mine.length > 0) {
        return { files: mine.sort(releaseOrder), maker: undefined, isByHand: false };
      }
    }
    const board =
      main === '' ? undefined : (await this.#main(main, signal)).find((b) => same(b.id, id));
    if (!board) {
      throw new UsageError(l10n.t('No firmware exists for the board "{0}"', id), {
        hint: l10n.t(
          'Names are those of micropython.org/download, such as ESP32_GENERIC_S3 or RPI_PICO_W.',
        ),
      });
    }
    const page = new URL(`${encodeURIComponent(board.id)}/`, main).href;
    const text = fileText(await this.fetcher.get(page, { signal }));
    const all = readFiles(text, page).filter((file) => same(file.board, board.id));
    const mine = all.sort(releaseOrder);
    await this.onFiles?.(mine);
    const maker = makerAnswer(board.id, readPort(text), page);
    if (!maker) return { files: mine, maker, isByHand: false };
    const files = mine.filter(({ url }) => maker.written.some((end) => url.endsWith(`.${end}`)));
    const isByHand = files.length === 0;
    return { files: isByHand ? mine : files, maker, isByHand };
  }

  /**
   * Returns the file that `NAME[-VARIANT][@VERSION]` means: the newest release where no version is
   * given.
   * @throws UsageError, FlashError ('byHand') with the maker's steps
   */
  async resolve(wanted: string, signal?: AbortSignal): Promise<CatalogueFile> {
    const [, name = '', version] = /^([^@]+)(?:@(.+))?$/.exec(wanted) ?? [];
    const [id = '', variant = ''] = name.split(/-(.*)/s);
    const { files: all, maker, isByHand } = await this.board(id, signal);
    if (maker && isByHand) throw byHand(id, maker);
    const files = all.filter((file) => same(file.variant, variant));
    const plain = (text: string) => text.replace(/^v/i, '').toLowerCase();
    const file = files.find((f) =>
      version === undefined ? !f.preview : plain(f.version) === plain(version),
    );
    if (file) return file;
    const versions = [...new Set(files.map((f) => f.version))].slice(0, 8).join(', ');
    throw new UsageError(
      version === undefined
        ? l10n.t('No release exists for "{0}"', name)
        : l10n.t('Version {0} for "{1}" does not exist', version, name),
      {
        hint: versions
          ? l10n.t('There are {0}.', versions)
          : l10n.t('Check the variant after the dash.'),
      },
    );
  }

  /** Returns the bytes of a file, from the cache without a network. @throws DownloadError, FlashError ('file') when its hash differs */
  async download(file: CatalogueFile, signal?: AbortSignal): Promise<Uint8Array> {
    const data = await this.fetcher.get(file.url, { signal, maxBytes: MOST_FIRMWARE_BYTES });
    const hash = sha256(data);
    if (file.sha256 === undefined || file.sha256 === hash) return data;
    throw new FlashError(
      'file',
      l10n.t('The firmware from {0} does not match the hash in its source', file.url),
      {
        hint: l10n.t('Inform the owner of the source. Nothing was changed.'),
      },
    );
  }

  async #main(main: string, signal?: AbortSignal): Promise<CatalogueBoard[]> {
    return readBoards(fileText(await this.fetcher.get(main, { signal })), main);
  }

  async #own(source: string, signal?: AbortSignal) {
    const url = source.toLowerCase() === CIRCUITPYTHON ? CIRCUITPYTHON_LIST : source;
    if (/^https?:/i.test(url)) {
      return readOwnCatalogue(fileText(await this.fetcher.get(url, { signal })), url);
    }
    if (!isAbsolute(source)) {
      throw new UsageError(l10n.t('"{0}" is not a source of firmware', source), {
        hint: l10n.t('Give the address of a JSON file or the full path of a folder.'),
      });
    }
    if ((await stat(source)).isFile()) {
      return readOwnCatalogue(await readFile(source, 'utf8'), pathToFileURL(source).href);
    }
    const names = await readdir(source);
    const links = names.map((name) => `href="${pathToFileURL(join(source, name)).href}"`);
    const files = readFiles(links.join('\n'), pathToFileURL(`${source}/`).href);
    const ids = [...new Set(files.map((file) => file.board))];
    return { files, boards: ids.map((id) => ({ id, name: id, vendor: '', source })) };
  }
}

/** Returns the board of MicroPython's generic build for a chip. Loaders name the chip. */
export function genericBoard(chip: string): string | undefined {
  const generic: Readonly<Record<string, string>> = {
    ESP8266: 'ESP8266_GENERIC',
    ESP32: 'ESP32_GENERIC',
    'ESP32-S2': 'ESP32_GENERIC_S2',
    'ESP32-S3': 'ESP32_GENERIC_S3',
    'ESP32-C2': 'ESP32_GENERIC_C2',
    'ESP32-C3': 'ESP32_GENERIC_C3',
    'ESP32-C5': 'ESP32_GENERIC_C5',
    'ESP32-C6': 'ESP32_GENERIC_C6',
    'ESP32-P4': 'ESP32_GENERIC_P4',
    RP2040: 'RPI_PICO',
    RP2350: 'RPI_PICO2',
  };
  return generic[chip];
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
