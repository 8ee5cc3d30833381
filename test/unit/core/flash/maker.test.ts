import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FirmwareCatalogue, type FlashError } from '../../../../src/core/flash';
import { readPort } from '../../../../src/core/flash/cataloguePages';
import { makerAnswer } from '../../../../src/core/flash/makerAnswer';
import { silentLog } from '../../../../src/core/log';
import { CachingFetcher } from '../../../../src/core/packages/fetcher';
import { nodeHttp, proxyFromEnvironment } from '../../../../src/core/packages/nodeHttp';
import { startFirmwareSite } from '../../../lab/firmwareSite.mjs';
import { tempDir } from '../../../lab/paths.mjs';
import { MICROPYTHON_BOARDS } from './micropythonBoards';

const PAGE = 'https://micropython.org/download/X/';
const every = Object.entries(MICROPYTHON_BOARDS).flatMap(([port, ids]) =>
  ids.map((id) => [port, id] as const),
);
/** Ports of which no board is flashed from here. */
const BY_HAND = ['renesas-ra', 'cc3200', 'alif', 'psoc6', 'psoc-edge', 'zephyr'];

describe("the maker's steps", () => {
  it.each(Object.keys(MICROPYTHON_BOARDS))('exist for every board of the port %s', (port) => {
    for (const id of MICROPYTHON_BOARDS[port] ?? []) {
      const answer = makerAnswer(id, port, PAGE);
      expect(answer?.steps.length, id).toBeGreaterThan(0);
      // An unfilled placeholder would be shown to the user.
      expect(answer?.steps.join('\n'), id).not.toMatch(/\{\d\}|undefined/);
    }
  });

  it.each(BY_HAND)('are the only way for the port %s', (port) => {
    expect(makerAnswer('SOME_BOARD', port, PAGE)).toMatchObject({ written: [] });
  });

  it('are found by the name of the board if its page does not name the port', () => {
    const hand = every.filter(([port]) => BY_HAND.includes(port));
    const missing = hand.filter(([, id]) => makerAnswer(id, undefined, PAGE)?.written.length !== 0);
    expect(hand.length).toBeGreaterThan(10);
    expect(missing).toEqual([]);
  });

  it.each([
    ['TEENSY41', 'mimxrt', 'teensy_loader_cli --mcu=TEENSY41 -v -w FILE.hex'],
    ['EK_RA6M2', 'renesas-ra', 'choose the device R7FA6M2AF'],
    ['ARDUINO_PORTENTA_C33', 'renesas-ra', 'dfu-util -w -a 0 -d 2341:0368 -D FILE.bin -Q'],
    ['ARDUINO_GIGA', 'stm32', 'dfu-util -w -a 0 -d 2341:035b -D FILE.dfu'],
    ['NUCLEO_F091RC', 'stm32', 'st-flash --format ihex write FILE.hex'],
    ['WIPY', 'cc3200', 'ftp://micro:python@192.168.1.1/flash/sys/'],
    ['PCA10040', 'nrf', 'nrfjprog --program FILE.hex'],
    ['CY8CKIT-062S2-AI', 'psoc6', 'python mpy-psoc6.py device-setup -b CY8CKIT-062S2-AI'],
  ])('name the command for %s', (id, port, command) => {
    expect(makerAnswer(id, port, PAGE)?.steps.join('\n')).toContain(command);
  });

  it('are not guessed for a board of another source', () => {
    expect(makerAnswer('MY_BOARD', undefined, PAGE)).toBeUndefined();
    expect(makerAnswer('MY_BOARD', 'constructor', PAGE)).toBeUndefined();
  });
});

it("reads the port from the link to the board's source", () => {
  const link =
    'https://github.com/micropython/micropython/tree/master/ports/mimxrt/boards/TEENSY40';
  expect(readPort(`<a href="${link}">mimxrt/TEENSY40</a>`)).toBe('mimxrt');
  expect(readPort('<p>ports/mimxrt/boards/X</p>')).toBeUndefined();
});

describe('the catalogue', () => {
  let site: Awaited<ReturnType<typeof startFirmwareSite>>;
  beforeAll(async () => {
    const files = (...names: string[]) =>
      Object.fromEntries(names.map((name) => [name, Buffer.from(name)]));
    const board = (port: string, ...names: string[]) => ({
      ...{ product: 'P', vendor: 'V', port },
      files: files(...names),
    });
    site = await startFirmwareSite({
      PCA10040: board('nrf', 'PCA10040-20250415-v1.25.0.bin', 'PCA10040-20250415-v1.25.0.hex'),
      SEEED_XIAO_NRF52: board(
        'nrf',
        'SEEED_XIAO_NRF52-20250415-v1.25.0.bin',
        'SEEED_XIAO_NRF52-20250415-v1.25.0.hex',
        'SEEED_XIAO_NRF52-20250415-v1.25.0.uf2',
      ),
      WIPY: board('cc3200', 'WIPY-20250415-v1.25.0.zip'),
    });
  });
  afterAll(() => site.stop());
  function catalogue() {
    const fetcher = new CachingFetcher(
      tempDir('maker'),
      nodeHttp(proxyFromEnvironment({})),
      silentLog,
    );
    return new FirmwareCatalogue(() => ({ main: site.url, own: [] }), fetcher);
  }

  it('offers only files that can be written, if any exist', async () => {
    const { files, isByHand } = await catalogue().board('SEEED_XIAO_NRF52');
    expect(files.map(({ url }) => url.split('.').at(-1))).toEqual(['uf2']);
    expect(isByHand).toBe(false);
  });

  it.each([
    ['PCA10040', 'nrfjprog'],
    ['WIPY', 'ftp://'],
  ])('answers %s with the steps and the page', async (id, word) => {
    const error = await catalogue()
      .resolve(id)
      .then(
        () => undefined,
        (e: unknown) => e as FlashError,
      );
    expect(error).toMatchObject({ reason: 'byHand', state: 'untouched' });
    expect(error?.hint).toContain(word);
    expect(error?.hint).toContain(`${site.url}${id}/`);
  });
});
