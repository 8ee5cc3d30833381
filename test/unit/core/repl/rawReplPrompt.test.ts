import { expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes';
import { PromptTracker, type LastLine } from '../../../../src/core/repl/rawReplPrompt';

const CASES: [string, LastLine][] = [
  ['', 'nothing'],
  ['>>> ', 'prompt'],
  ['MicroPython v1.25\r\nType "help()" for more information.\r\n>>> ', 'prompt'],
  ['>>> print(1)', 'editing'],
  ['>>> print(1)\r\n', 'text'],
  ['>>> print(1)\r\n1\r\n>>> ', 'prompt'],
  ['>>> if x:\r\n...     ', 'continued'],
  ['>>> if x:\r\n...     y\r\n... ', 'continued'],
  ['loading\r\n... ', 'text'],
  ['a >>> ', 'text'],
  ['>>>', 'text'],
  ['\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ', 'paste'],
  ['\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== a\r\n=== b', 'paste'],
  ['=== ', 'text'],
  ['x\n>>> ', 'prompt'],
  ['\x1b]0;CircuitPython\x1b\\>>> ', 'prompt'],
  [`${'x'.repeat(5000)}\r\n>>> `, 'prompt'],
];

it.each(CASES)('finds the prompt at the end of %j, in any pieces', (output, expected) => {
  const whole = new PromptTracker();
  whole.feed(utf8(output));
  expect(whole.lastLine).toBe(expected);
  const bytewise = new PromptTracker();
  for (const byte of utf8(output)) bytewise.feed(Uint8Array.of(byte));
  expect(bytewise.lastLine).toBe(expected);
});
