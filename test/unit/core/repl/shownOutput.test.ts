import { expect, it } from 'vitest';
import { ShownOutput } from '../../../../src/core/repl/shownOutput';
import { text, utf8 } from '../../../../src/core/bytes';

const PROMPTS = ['>>> '];

function shownOf(output: ShownOutput, pieces: readonly string[]): string {
  return pieces.map((piece) => text(output.filter(utf8(piece), PROMPTS))).join('');
}

function letters(all: string): string[] {
  return Array.from(all);
}

it('shows the end of the program and one prompt, in any pieces', () => {
  const all = 'KeyboardInterrupt: \r\n>>> \r\n>>> raw REPL';
  for (let at = 0; at <= all.length; at++) {
    for (const pieces of [[all.slice(0, at), all.slice(at)], letters(all)]) {
      const output = new ShownOutput();
      output.upToPrompt();
      expect(shownOf(output, pieces)).toBe('KeyboardInterrupt: \r\n>>> ');
      output.everything();
      expect(shownOf(output, ['\r\n>>> ', 'more'])).toBe('\r\n>>> more');
    }
  }
});

it('shows nothing of the end of code that ran in the raw REPL', () => {
  const output = new ShownOutput();
  output.upToPrompt();
  const end =
    '\x04Traceback (most recent call last):\r\n  File "<stdin>"\r\nKeyboardInterrupt: \r\n\x04>';
  expect(shownOf(output, letters(end))).toBe('');
  expect(text(output.atPrompt('>>> '))).toBe('>>> ');
  expect(text(output.atPrompt('>>> '))).toBe('');
});

it('shows output of a stopping program, including a control character', () => {
  const output = new ShownOutput();
  output.upToPrompt();
  expect(shownOf(output, ['motor\x04off\r\n'])).toBe('motor\x04off\r\n');
});

it('adds the prompt on its own line, and not behind a line that is being typed', () => {
  const output = new ShownOutput();
  output.filter(utf8('a thread'), PROMPTS);
  expect(text(output.atPrompt('>>> '))).toBe('\r\n>>> ');
  output.filter(utf8('half = 1'), PROMPTS);
  expect(text(output.atPrompt('>>> '))).toBe('');
  output.filter(utf8('\r\nout\r\n'), PROMPTS);
  expect(text(output.atPrompt('mine> '))).toBe('mine> ');
  expect(text(output.atPrompt('mine> '))).toBe('');
});
