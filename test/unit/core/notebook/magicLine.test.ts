import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../src/core/errors';
import { helpText, parseMagicArgs, type MagicSpec } from '../../../../src/core/notebook/magicArgs';
import { magics } from '../../../../src/core/notebook/magics';
import { nearNames } from '../../../../src/core/notebook/nearNames';

describe('the line of a magic', () => {
  const spec: MagicSpec = {
    name: '%rm',
    summary: () => 'Delete',
    options: [
      { short: '-r', long: '--recursive', help: () => 'all' },
      { short: '-f', long: '--force', help: () => 'quiet' },
      { short: '-t', long: '--target', value: 'DIR', help: () => 'where' },
    ],
    args: [{ name: 'path', help: () => 'files', count: 'some' }],
  };
  const wrong = (line: string) => {
    try {
      parseMagicArgs(spec, line);
    } catch (error) {
      if (error instanceof UsageError) return error.message.split('\n').at(-1);
      throw error;
    }
    return undefined;
  };

  it('has options, values and quoted arguments', () => {
    const args = parseMagicArgs(spec, `-rf --target=/x "a b" 'c' d\\ e C:\\dir -- -z`);
    expect([args.has('recursive'), args.has('force'), args.value('target')]).toEqual([
      true,
      true,
      '/x',
    ]);
    expect(args.args).toEqual(['a b', 'c', 'd e', 'C:\\dir', '-z']);
    expect(parseMagicArgs(spec, '--rec a').has('recursive')).toBe(true);
  });

  it.each([
    ['-x a', '%rm: error: unrecognized arguments: -x'],
    ['', '%rm: error: the following arguments are required: path'],
    ['a -t', '%rm: error: argument --target: expected one argument'],
    ['"a', '%rm: error: the quote " is not closed'],
  ])('%j is refused with the usage', (line, words) => {
    expect(wrong(line)).toBe(words);
  });

  it('may be anything after the last argument that takes the rest', () => {
    const rest: MagicSpec = { ...spec, args: [{ name: 'code', help: () => '', count: 'rest' }] };
    expect(parseMagicArgs(rest, `-r f("x", -1) # 'it`.replace(" # 'it", '')).args).toEqual([
      'f("x", -1)',
    ]);
  });

  it('is explained as by argparse', () => {
    const discover = magics.find((m) => m.name === '%discover');
    expect(discover && helpText(discover)).toBe(
      [
        'usage: %discover [-h] [-a] [-v]',
        '',
        'Discover available devices',
        '',
        'optional arguments:',
        '  -h, --help     show this help message and exit',
        '  -a, --all      list all devices connected to USB ports',
        '  -v, --verbose  show uid',
        '',
      ].join('\n'),
    );
  });

  it('is named by the code near it', () => {
    const names = magics.map((m) => m.name);
    expect(nearNames('%discovr', names)[0]).toBe('%discover');
    expect(nearNames('%xyzzyxyzzy', names)).toEqual([]);
  });
});

describe('every magic of IoT Kernel', () => {
  const names = magics.flatMap((m) => [m.name, ...(m.aliases ?? [])]);

  it.each(
    `%cat %cd %connect %cp %discover %gettime %hardreset %info %loglevel %lsmagic %mkdirs %mpycross %name %pip %platform
    %rdiff %register %rlist %rm %rsync %settime %softreset %store %synctime %uid %unregister %upip %url %%bash %%connect
    %%host %%kernel %%service %%ssh %%writefile !`.split(/\s+/),
  )('%s is there', (name) => expect(names).toContain(name));
});
