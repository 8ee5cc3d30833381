import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseSecrets } from '../../../../src/core/python/secretsPy';

const value = (expression: string) => parseSecrets(`x = ${expression}\n`).values.get('x');

describe('secrets.py, parsed and never executed', () => {
  it('reads the documented example', () => {
    const { values, problems } = parseSecrets(`# secrets.py

# wifi
wifi_ssid = 'NETWORK'
wifi_pwd  = "it's # no comment"   # but this is

tz_offset = -8*3600    # PST
mp_pwd  = '&(*HF%^&'
webrepl_pwd = 'fjlkflsad'
openweathermap_apiid = "354f"
`);
    expect(problems).toEqual([]);
    expect(Object.fromEntries(values)).toEqual({
      wifi_ssid: 'NETWORK',
      wifi_pwd: "it's # no comment",
      tz_offset: -28800,
      mp_pwd: '&(*HF%^&',
      webrepl_pwd: 'fjlkflsad',
      openweathermap_apiid: '354f',
    });
  });

  it.each([
    '1 + 2 * 3 - 4',
    '-7 // 2',
    '-7 % 3',
    '7 / 2',
    '-2 ** 2',
    '2 ** -1',
    '(1 + 2) * 3',
    '0x1F + 0b11 + 0o17',
    '1_000',
    '1.5e3',
    '.5',
    '~5',
    '"a" "b" + \'c\'',
    '"tab\\tnew\\nhex\\x41 oct\\101 u\\u00e9 odd\\q"',
    'r"raw\\n"',
    '"""three\nlines"""',
    '(1, 2,)',
    '1, 2',
    '[1, "a", [True, None]]',
    '[\n  1, # one\n  2,\n]',
    'True + 1',
    '1 + \\\n 2',
  ])('reads %j as Python does', (expression) => {
    const script = `import json\nx = ${expression}\nprint(json.dumps(x))`;
    const python = execFileSync('python3', ['-W', 'ignore', '-c', script], { encoding: 'utf8' });
    expect(value(expression)).toEqual(JSON.parse(python));
  });

  it('reads bytes, dicts and names assigned before', () => {
    expect(value("b'a\\x00'")).toEqual(Uint8Array.of(97, 0));
    expect(value("{'a': 1, 'b': [2]}")).toEqual({
      dict: [
        ['a', 1],
        ['b', [2]],
      ],
    });
    expect(parseSecrets('HOUR = 3600\ntz: int = 2*HOUR').values.get('tz')).toBe(7200);
    expect(parseSecrets('a = 1; b = 2').values.get('b')).toBe(2);
    expect(parseSecrets("'''What\nthis is'''\na = 1").values.get('a')).toBe(1);
    expect(parseSecrets('\uFEFFa = 1\r\nb = 2\r\n').values.get('b')).toBe(2);
  });

  it.each([
    "x = __import__('os').system('true')",
    "x = open('/etc/passwd').read()",
    'x = 1 .__class__',
    'x = f"{1}"',
    'x = [i for i in (1,)]',
    'x = lambda: 1',
    'x = y',
    'x = "open',
    'x = 1 / 0',
    'x = "a" * 999999999',
    'x == 1',
    'x += 1',
    'x = 012',
    'x = {1, 2}',
    'x = 1 if True else 2',
    `x = ${'('.repeat(5000)}1`,
    `x = ${'-'.repeat(5000)}1`,
    'import os',
    'exec("x = 1")',
    'if True:\n  x = 1',
  ])('passes over %.40s, and says so', (text) => {
    const { values, problems } = parseSecrets(text);
    expect(values.size).toBe(0);
    expect(problems.length).toBeGreaterThan(0);
  });

  it('continues after a line that it skips, and names the line without the value', () => {
    const { values, problems } = parseSecrets('a = 1\nb = secret("hunter2")\nc = 3\n');
    expect([...values.keys()]).toEqual(['a', 'c']);
    expect(problems.map((p) => p.line)).toEqual([2]);
    expect(problems[0]?.message).not.toContain('hunter2');
  });

  it('reports a statement once, even over several lines', () => {
    const text = `class Wifi:
    ssid = "x"
    key = "y"
try:
    from local import key
except ImportError:
    key = ''
places = make(
    'a',
)
`;
    expect(parseSecrets(text).problems.map((p) => p.line)).toEqual([1, 4, 8]);
  });

  it('checks the length of the WebREPL password', () => {
    const said = (password: string) => parseSecrets(`webrepl_pwd = '${password}'`).problems;
    expect(said('abcd')).toEqual([]);
    expect(said('abc')).toHaveLength(1);
    expect(said('0123456789')).toHaveLength(1);
  });

  it('stays fast with large numbers and refuses large files', () => {
    expect(value('9 ** 9 ** 9')).toBe(Infinity);
    expect(parseSecrets('x = 1\n'.repeat(20_000)).problems).toHaveLength(1);
  });
});
