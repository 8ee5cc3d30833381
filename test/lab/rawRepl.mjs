// @ts-check
// A small raw REPL client of the lab, which writes a board's files before a test and reads them after it.
// It shares no code with the product, so that a bug in one cannot hide in the other.
import { constants, openSync } from 'node:fs';
import { ReadStream } from 'node:tty';

const SILENCE_MS = 20_000; // the lab's boards answer in milliseconds, unless the machine is overloaded

/** Returns the Python source of a bytes object. @param {Uint8Array} bytes */
const pyBytes = (bytes) =>
  `b'${[...bytes].map((b) => `\\x${b.toString(16).padStart(2, '0')}`).join('')}'`;
/** Returns the Python source of a string, in pure ASCII. @param {string} text */
const pyString = (text) => `${pyBytes(Buffer.from(text))}.decode()`;

export class RawRepl {
  #stream;
  #heard = Buffer.alloc(0);
  /** @type {(() => void) | undefined} */
  #wake;

  /** @param {string} tty */
  constructor(tty) {
    this.#stream = new ReadStream(openSync(tty, constants.O_RDWR | constants.O_NOCTTY));
    this.#stream.on('data', (data) => {
      this.#heard = Buffer.concat([this.#heard, data]);
      this.#wake?.();
    });
    this.#stream.on('error', () => this.#wake?.()); // the reader then fails at its silence limit
  }

  /** @param {string | Buffer} data */
  write(data) {
    this.#stream.write(data);
  }

  /** Waits for `end` and returns the output up to and including it. @param {string} end */
  async until(end) {
    for (;;) {
      const at = this.#heard.indexOf(end);
      if (at >= 0) {
        const found = this.#heard.subarray(0, at + end.length);
        this.#heard = this.#heard.subarray(at + end.length);
        return found;
      }
      await new Promise((resolve, reject) => {
        const timer = setTimeout(
          () =>
            reject(
              new Error(
                `the board did not say ${JSON.stringify(end)} but ${JSON.stringify(this.#heard.toString())}`,
              ),
            ),
          SILENCE_MS,
        );
        this.#wake = () => (clearTimeout(timer), resolve(undefined));
      });
    }
  }

  /** Stops the running program and enters the raw REPL. */
  async enter() {
    this.write('\r\x03\x03\r\x01');
    await this.until('raw REPL; CTRL-B to exit\r\n>');
  }

  /** Runs code in the raw REPL and returns its output. @param {string} code @returns {Promise<Buffer>} */
  async exec(code) {
    this.write(`${code}\x04`);
    await this.until('OK');
    const out = (await this.until('\x04')).subarray(0, -1);
    const error = (await this.until('\x04')).subarray(0, -1).toString();
    await this.until('>');
    if (error) throw new Error(`on the board: ${error}`);
    return out;
  }

  /** Writes files and creates their folders. @param {Record<string, string | Uint8Array>} files by path on the board */
  async writeFiles(files) {
    await this.exec('import os');
    for (const [path, content] of Object.entries(files)) {
      const parts = path.split('/').filter(Boolean);
      for (let i = 1; i < parts.length; i++) {
        const folder = pyString(`/${parts.slice(0, i).join('/')}`);
        await this.exec(
          `try:\n os.mkdir(${folder})\nexcept OSError as e:\n if e.errno != 17: raise`,
        );
      }
      await this.exec(`f = open(${pyString(`/${parts.join('/')}`)}, 'wb')`);
      const bytes = Buffer.from(content);
      for (let i = 0; i < bytes.length; i += 1024) {
        await this.exec(`f.write(${pyBytes(bytes.subarray(i, i + 1024))})`);
      }
      await this.exec('f.close()');
    }
  }

  /**
   * Returns the content of every file on the board by its path. The board prints it in pieces that fit a terminal's buffer: it drops
   * longer output if a busy computer reads it too late.
   * @returns {Promise<Record<string, Buffer>>}
   */
  async readFiles() {
    await this.exec(
      [
        'import os, binascii',
        'def walk(d):',
        ' for name, kind, *_ in os.ilistdir(d or "/"):',
        '  p = d + "/" + name',
        '  if kind == 0x4000: yield from walk(p)',
        '  else:',
        '   yield "\\n" + binascii.hexlify(p).decode() + " "',
        '   with open(p, "rb") as f:',
        '    while True:',
        '     b = f.read(1024)',
        '     if not b: break',
        '     yield binascii.hexlify(b).decode()',
        'pieces = walk("")',
      ].join('\n'),
    );
    let listing = '';
    for (;;) {
      const piece = await this.exec('print(next(pieces, ""), end="")');
      if (piece.length === 0) break;
      listing += piece.toString();
    }
    /** @type {Record<string, Buffer>} */
    const files = {};
    for (const line of listing.split('\r\n').filter(Boolean)) {
      const [path = '', content = ''] = line.split(' ');
      files[Buffer.from(path, 'hex').toString()] = Buffer.from(content, 'hex');
    }
    return files;
  }

  close() {
    this.#stream.destroy();
  }
}
