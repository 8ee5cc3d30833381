import { describe, expect, it } from 'vitest';
import { TerminalFilter } from '../../../../src/core/repl/terminalFilter';

/** Whole, and one character at a time: sequences come cut into pieces. */
function filtered(text: string): string {
  const whole = new TerminalFilter().take(text);
  const filter = new TerminalFilter();
  expect(
    Array.from(text)
      .map((c) => filter.take(c))
      .join(''),
  ).toBe(whole);
  return whole;
}

describe('output of a board in a terminal', () => {
  it.each([
    ['colours', '\x1b[1;38;5;196mred\x1b[0m'],
    ['the cursor, erasing', '\x1b[3D\x1b[K\x1b[2J\x1b[H\x1b[10;20H\x1b7\x1b8'],
    ['an editor on the board', '\x1b[999;999H\x1b[6n\x1b[?25l\x1b[?1049h\x1b[1;20r'],
    ['line ends, tabs, backspace, bell', 'a\r\n\tb\b \b\x07'],
    ['other scripts', 'Grüße, мир, 世界, שלום 😀'],
  ])('keeps %s', (_name, text) => {
    expect(filtered(text)).toBe(text);
  });

  it.each([
    ['the clipboard', '\x1b]52;c;cm0gLXJm\x07'],
    ['the clipboard, 8-bit', '\x9d52;c;cm0gLXJm\x9c'],
    ['the title', '\x1b]0;root@host\x1b\\'],
    ["VS Code's shell integration", '\x1b]633;P;Cwd=\\\\evil\\s\x07\x1b]633;E;rm -rf\x07'],
    ["ConEmu's folder", '\x1b]9;9;\\\\evil\\share\x07'],
    ['a link', '\x1b]8;;command:evil\x07\x1b]8;;\x07'],
    ['device control', '\x1bP+q544e\x1b\\'],
    ['application commands, privacy messages', '\x1b_x\x1b\\\x1b^x\x1b\\\x1bXx\x1b\\'],
    ['questions for answers', '\x1b[c\x1b[>c\x1b[5n\x1b[21t\x1b[?6n\x1b[x\x1b[18t\x05'],
    ['the reset of the terminal, another character set', '\x1bc\x1b(0\x0e'],
    ['unknown modes', '\x1b[?2026h\x1b[20h\x1b[=1;1u'],
    ['direction overrides', '\u202e\u2066'],
    ['a sequence within a sequence', '\x1b]0;\x1b]52;c;x\x07'],
  ])('drops %s', (_name, text) => {
    expect(filtered(`a${text}b`)).toBe('ab');
  });

  it('shows output after an endless control string', () => {
    expect(filtered(`\x1b]0;${'x'.repeat(10_000)}\n>>> `)).toMatch(/^x{1,6000}\n>>> $/);
  });
});
