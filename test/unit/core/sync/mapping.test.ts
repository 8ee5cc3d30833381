import { describe, expect, it } from 'vitest';
import { boardPath, parentsOf } from '../../../../src/core/sync/boardPath';
import {
  folderWords,
  forBoard,
  forFile,
  parseMapping,
  placesOf,
  relativeOf,
} from '../../../../src/core/sync/mapping';

const all = (...settings: string[]) => settings.map((s) => parseMapping(s));

describe('sync mappings', () => {
  it.each([
    ['src/ -> /', { from: 'src', to: '/' }],
    ['./src/app->lib/app/', { from: 'src/app', to: '/lib/app' }],
    ['. -> /', { from: '', to: '/' }],
    ['a\\b -> //x//y', { from: 'a/b', to: '/x/y' }],
  ])('reads %j', (text, expected) => {
    expect(parseMapping(text)).toMatchObject(expected);
  });

  it('reads the form with boards', () => {
    const setting = { from: 'kitchen', to: '/', boards: 'kitchen-[1-3]' };
    expect(parseMapping(setting)).toMatchObject(setting);
  });

  it.each([
    ['src', 'does not name a folder'],
    ['a -> b -> c', 'does not name a folder'],
    [{ from: 'a' }, 'does not name a folder'],
    [{ from: 'a', to: '/', boards: 7 }, 'boards in one string'],
    ['../up -> /', 'leads outside the workspace'],
    ['a/../../b -> /', 'leads outside the workspace'],
    ['/etc -> /', 'leads outside the workspace'],
    ['C:\\Users -> /', 'leads outside the workspace'],
    ['src -> /../x', 'leads outside its folder'],
    ['src -> /a\u0000b', 'control character'],
  ])('refuses %j', (setting, words) => {
    expect(() => parseMapping(setting)).toThrow(words);
  });

  it('inserts the name of a board, unless it is not valid as a folder name', () => {
    const mapping = parseMapping('boards/{name} -> /');
    expect(forBoard(mapping, 'shed-1')).toMatchObject({ from: 'boards/shed-1', replaces: true });
    for (const name of ['..', '.', '', 'a/b', 'a\\b', 'a\u0000']) {
      expect(forBoard(mapping, name), name).toBeUndefined();
    }
    expect(forBoard(parseMapping('src -> /'), '..')).toMatchObject({ from: 'src' });
  });

  it('maps one file to several places, and back from the nearest one', () => {
    const mappings = all('src -> /', 'src/lib -> /lib2', 'shared -> /lib/shared');
    expect(placesOf(mappings, 'src/lib/a.py')).toEqual(['/lib/a.py', '/lib2/a.py']);
    expect(placesOf(mappings, 'other.py')).toEqual([]);
    expect(placesOf(mappings, 'srcfoo/a.py')).toEqual([]);
    expect(relativeOf(mappings, '/lib/shared/x.py')).toBe('shared/x.py');
    expect(relativeOf(mappings, '/lib/other.py')).toBe('src/lib/other.py');
    expect(relativeOf(all('a -> /flash'), '/spi/x')).toBeUndefined();
  });

  it('maps a single file, into a folder or to a name', () => {
    const file = (setting: string) => forFile(parseMapping(setting));
    const into = file('boards/kitchen.py -> /');
    const named = file('boards/kitchen.py -> /config.py');
    expect(into.to).toBe('/kitchen.py');
    expect(placesOf([named], 'boards/kitchen.py')).toEqual(['/config.py']);
    expect(relativeOf([named], '/config.py')).toBe('boards/kitchen.py');
    expect(relativeOf([named], '/config.py/x')).toBeUndefined();
  });

  it.each([
    [[], 'my-project'],
    [['. -> /'], 'my-project'],
    [['lesson -> /'], 'my-project/lesson'],
    [['src/app -> /', 'src/app -> /backup'], 'my-project/src/app'],
    [['lesson -> /', '. -> /all'], 'my-project'],
    [['src -> /', 'lib -> /lib', 'data -> /data'], 'my-project (src, lib, data)'],
    [['a -> /', 'b -> /b', 'c -> /c', 'd -> /d'], 'my-project (a, b, c, …)'],
  ])('name in words what %j takes', (settings, expected) => {
    expect(folderWords('my-project', all(...settings))).toBe(expected);
  });

  it('normalises paths on boards', () => {
    expect(boardPath('a//./b/')).toBe('/a/b');
    expect(parentsOf('/a/b/c')).toEqual(['/a/b', '/a']);
  });
});
