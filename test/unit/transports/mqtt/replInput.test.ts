import { describe, expect, it } from 'vitest';
import { needsMore } from '../../../../src/transports/mqtt/replInput';

describe('whether the prompt waits for more', () => {
  it.each([
    'x = 1\n',
    '\n',
    'print("(")\n',
    "'''a'''\n",
    '# if this:\n',
    "s = 'while'\n",
    'if True: pass\n\n',
    'def f():\n  pass\n\n',
    '[1,\n2]\n',
    'x = {"a": [1, (2)]}\n',
    "'it\\'s'\n",
    'iffy = 1\n',
  ])('is complete: %j', (source) => {
    expect(needsMore(source)).toBe(false);
  });

  it.each([
    'if True:\n',
    'if True: pass\n',
    'def f():\n  pass\n',
    '@decorator\n',
    'class A:\n',
    'async def f():\n',
    'for i in x:\n  print(i)\n',
    'x = (1,\n',
    'x = [\n',
    '"""begin\n',
    "x = '''a\nb\n",
    'x = 1 + \\\n',
    'try:\n  1/0\nexcept:\n  pass\n',
  ])('goes on: %j', (source) => {
    expect(needsMore(source)).toBe(true);
  });
});
