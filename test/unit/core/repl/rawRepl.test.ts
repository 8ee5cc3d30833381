import { describe, expect, it } from 'vitest';
import { Deferred, systemClock } from '../../../../src/core/async';
import { concat, text, utf8 } from '../../../../src/core/bytes';
import { PythonError, TimeoutError } from '../../../../src/core/errors';
import { RawRepl } from '../../../../src/core/repl/rawRepl';

/** A scripted far end, for what a real board does not do on demand: it answers with what the test says. */
function scripted(answerMs = 500) {
  const written: Uint8Array[] = [];
  const stray: Uint8Array[] = [];
  let heard = new Deferred<undefined>();
  const repl = new RawRepl(
    (data) => {
      written.push(data.slice());
      heard.resolve(undefined);
      heard = new Deferred();
      return Promise.resolve();
    },
    { answerMs, clock: systemClock },
    (bytes) => stray.push(bytes),
  );
  return {
    repl,
    sent: () => text(concat(written)),
    stray: () => text(concat(stray)),
    say: (bytes: string) => repl.feed(Buffer.from(bytes, 'latin1')),
  };
}

const HELLO = '\x05A\x01';
const BANNER = 'raw REPL; CTRL-B to exit\r\n>';

describe('raw-paste', () => {
  it('sends what the credit allows, even if credit arrives late and byte by byte', async () => {
    const { repl, sent, say } = scripted();
    const code = 'x'.repeat(10);
    const run = repl.exec(code);
    expect(sent()).toBe(HELLO);
    say('R');
    say('\x01');
    say('\x04');
    expect(sent()).toBe(HELLO);
    say('\x00'); // a window of 4 bytes, and no second one yet
    expect(sent()).toBe(`${HELLO}xxxx`);
    say('\x01');
    expect(sent()).toBe(`${HELLO}xxxxxxxx`);
    say('\x01');
    expect(sent()).toBe(`${HELLO}${code}\x04`);
    say('\x04out');
    say('put\x04\x04>');
    expect(text(await run)).toBe('output');
    expect(sent()).toBe(`${HELLO}${code}\x04`);
  });

  it('parses everything in one piece', async () => {
    const { repl, say } = scripted();
    const run = repl.exec('1');
    say('R\x01\x80\x00\x01');
    say('\x04\x04\x04>thread');
    expect(await run).toHaveLength(0);
  });

  it('stops sending, and reports it once, when the board accepts no more', async () => {
    const { repl, sent, say } = scripted();
    const run = repl.exec('x'.repeat(100));
    say('R\x01\x10\x00\x01');
    say('\x04\x04Traceback (most recent call last):\r\nMemoryError: \r\n\x04>');
    await expect(run).rejects.toMatchObject({ type: 'MemoryError' });
    expect(sent()).toBe(`${HELLO}${'x'.repeat(32)}\x04`);
  });

  it('falls back to plain code, and remembers that', async () => {
    for (const refusal of ['R\x00>', `\r\n${BANNER}`]) {
      const { repl, sent, say } = scripted();
      const run = repl.exec('pass');
      say(refusal);
      await expect.poll(sent).toBe(`${HELLO}pass\x04`);
      say('OKa\x04\x04>');
      expect(text(await run)).toBe('a');
      const again = repl.exec('pass');
      await expect.poll(sent).toBe(`${HELLO}pass\x04pass\x04`);
      say('OK\x04\x04>');
      expect(await again).toHaveLength(0);
    }
  });

  it('gives up on a board that falls silent while code is sent', async () => {
    const { repl, say } = scripted(50);
    const run = repl.exec('x'.repeat(100));
    say('R\x01\x10\x00');
    await expect(run).rejects.toBeInstanceOf(TimeoutError);
  });

  it('rejects a window of 0 bytes', async () => {
    const { repl, say } = scripted();
    const run = repl.exec('x');
    say('R\x01\x00\x00');
    await expect(run).rejects.toMatchObject({ code: 'protocol' });
  });
});

describe('the end of output', () => {
  const output = async (...pieces: string[]) => {
    const { repl, say, stray } = scripted();
    const run = repl.exec('x');
    say('R\x01\x80\x00\x01\x04');
    for (const piece of pieces) say(piece);
    return { bytes: text(await run), stray: stray() };
  };

  it('is distinguished from 0x04 in the output, wherever chunks are split', async () => {
    const printed = 'a\x04b c\x04\x04 d\x04>\x04e: \x00\x04\x04\x04\x04f!';
    const all = `${printed}\x04\x04>`;
    for (let cut = 0; cut <= all.length; cut++) {
      const { bytes } = await output(all.slice(0, cut), all.slice(cut));
      expect(bytes, `cut at ${cut}`).toBe(printed);
    }
  });

  it('comes with the traceback, byte by byte too', async () => {
    const { repl, say } = scripted();
    const run = repl.exec('x');
    for (const byte of 'R\x01\x80\x00\x01\x04hello\x04Traceback (most recent call last):\r\n  File "<stdin>", line 1, in <module>\r\nOSError: [Errno 2] ENOENT\r\n\x04>') {
      say(byte);
    }
    const error = await run.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(PythonError);
    expect(error).toMatchObject({ type: 'OSError', detail: '[Errno 2] ENOENT' });
  });

  it('is found after a silence when a thread printed into it', async () => {
    const { bytes } = await output('done\x04tick tock\r\n\x04>');
    expect(bytes).toContain('done');
  }, 5000);

  it('may be a soft reset', async () => {
    const { bytes } = await output(
      'bye\x04\x04\r\nMPY: soft reboot\r\nboot',
      ` says hi\r\n${BANNER}`,
    );
    expect(bytes).toBe('bye');
  });

  it('reports a lost connection when the board resets during execution', async () => {
    const { repl, say } = scripted();
    const run = repl.exec('x');
    say('R\x01\x80\x00\x01\x04');
    say('\r\nMicroPython v1.25.0\r\nType "help()" for more information.\r\n>>> ');
    await expect(run).rejects.toMatchObject({ code: 'connectionLost' });
  }, 5000);
});

it('finds the end behind a traceback that holds 0x04, byte by byte', async () => {
  const { repl, say } = scripted();
  const run = repl.exec('x');
  const frame = '\x04Traceback (most recent call last):\r\nOwn: \x04\r\n\x04>';
  for (const byte of `R\x01\x80\x00\x01\x04${frame}`) say(byte);
  await expect(run).rejects.toBeInstanceOf(PythonError);
});

it('rejects running code when the link ends', async () => {
  const { repl } = scripted();
  const run = repl.exec('x');
  repl.fail(new TimeoutError('gone'));
  await expect(run).rejects.toThrow('gone');
});

it('passes output while nothing runs to its owner', () => {
  const { say, stray } = scripted();
  say('tick');
  expect(stray()).toBe('tick');
  expect(utf8('tick')).toHaveLength(4);
});
