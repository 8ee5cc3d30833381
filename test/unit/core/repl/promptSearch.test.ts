import { expect, it } from 'vitest';
import { text, utf8 } from '../../../../src/core/bytes';
import { PromptSearch } from '../../../../src/core/repl/promptSearch';
import { PromptTracker } from '../../../../src/core/repl/rawReplPrompt';

const banners = {
  'MicroPython 1.25': '\r\nMicroPython v1.25.0 on 2025-05-04; Linux board with x86-64\r\n',
  'MicroPython 1.9': '\r\nMicroPython v1.9.2-34-gd64154c73 on 2017-09-01; micro:bit\r\n',
  CircuitPython: '\r\n\r\nAdafruit CircuitPython 9.2.1 on 2024-11-20; Raspberry Pi Pico\r\n',
};
const clock = { now: () => 0, after: () => ({ dispose: () => undefined }) };
const search = () =>
  new PromptSearch(new PromptTracker(), { clock, probeMs: 1 }, () => expect.fail('by silence'));

it.each(Object.entries(banners))(
  'keeps what timers print before the banner of %s, and nothing of the banner',
  (_, banner) => {
    const output = `${banner}Type "help()" for more information.\r\n>>> `;
    for (const before of ['', 'tick 1', 'a MicroPython board\r\ntick']) {
      const all = utf8(`${before}${output}tick 2`);
      for (let at = 0; at < before.length + output.length; at++) {
        const one = search();
        expect(one.feed(all.subarray(0, at), undefined)).toBeUndefined();
        const found = one.feed(all.subarray(at), undefined);
        expect(found).toMatchObject({ prompt: '>>> ', isRepls: true });
        expect([text(found?.before ?? utf8('?')), text(found?.rest ?? utf8('?'))]).toEqual([
          before,
          'tick 2',
        ]);
      }
    }
  },
);

it('does not mistake late prompts of the raw REPL for output of a timer', () => {
  const found = search().feed(utf8(`\x04>\r\n>${banners['MicroPython 1.25']}>>> `), undefined);
  expect(found?.before).toHaveLength(0);
});
