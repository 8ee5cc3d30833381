import { expect, it } from 'vitest';
import { LateAnswer } from '../../../../src/core/repl/lateAnswer';
import { text, utf8 } from '../../../../src/core/bytes';

const PROMPTS = ['>>> '];
const BANNER = '\r\nMicroPython v1.27.0 on linux\r\nType "help()" for more information.\r\n>>> ';
/** What a REPL answers to a carriage return, Ctrl-A and Ctrl-B. */
const ANSWER = `\r\n>>> \r\nraw REPL; CTRL-B to exit\r\n>${BANNER}`;

function shownOf(late: LateAnswer, pieces: readonly string[]): string {
  return pieces.map((piece) => text(late.filter(utf8(piece), PROMPTS))).join('');
}

function awaiting(times = 1): LateAnswer {
  const late = new LateAnswer();
  for (let i = 0; i < times; i++) late.expect();
  return late;
}

it('hides the answer behind the prompt, wherever the line cuts it, and shows what follows', () => {
  const all = `LED on\r\n${BANNER}${ANSWER}`;
  for (let at = 0; at <= all.length; at++) {
    for (const pieces of [[all.slice(0, at), all.slice(at)], Array.from(all)]) {
      const late = awaiting();
      expect(shownOf(late, [...pieces, 'x'])).toBe(`LED on\r\n${BANNER}x`);
      expect(shownOf(late, [ANSWER])).toBe(ANSWER);
    }
  }
});

it('hides one answer for each time that the keys were sent', () => {
  expect(shownOf(awaiting(2), [BANNER, ANSWER, ANSWER, ANSWER])).toBe(`${BANNER}${ANSWER}`);
});

it('shows the whole output of a program that prints prompts and banners', () => {
  const printed = '\n>>> raw\n>>> \r\n>>> no\nraw REPL; CTRL-B to exit\r\n>x\n';
  expect(shownOf(awaiting(), Array.from(printed))).toBe(printed);
});

it('shows what it held back when the user types', () => {
  const late = awaiting();
  expect(shownOf(late, [BANNER, '\r\n>>> '])).toBe(BANNER);
  expect(text(late.end())).toBe('\r\n>>> ');
  expect(shownOf(late, ['\r\n>>> '])).toBe('\r\n>>> ');
});

it('shows everything again when no prompt follows the banner', () => {
  const start = '\r\nraw REPL; CTRL-B to exit\r\n>';
  const shown = shownOf(awaiting(), [BANNER, start, ...Array<string>(30).fill('z'.repeat(50))]);
  expect(shown.startsWith(BANNER)).toBe(true);
  expect(shown.match(/z/g)).toHaveLength(30 * 50);
});
