import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  boardMayPublish,
  boardMaySubscribe,
  ejabberdRules,
  mosquittoRules,
} from '../../../../src/core/broker/accessRules';
import { boardLogin, computerLogin } from '../../../../src/core/broker/boardLogin';

const documented = (kind: string) =>
  readFileSync('docs/broker.md', 'utf8').split(`\`\`\`${kind}\n`)[1]?.split('```')[0];

describe('access rules', () => {
  it('are in the documentation as the command writes them, where tests with real brokers read them', () => {
    expect(documented('text acl')).toBe(mosquittoRules('fleet'));
    expect(documented('text rules')).toBe(ejabberdRules('fleet'));
  });

  it('contain the requested user and root', () => {
    expect(mosquittoRules('desk', 'site/a')).toMatch(
      /^user desk\ntopic write site\/a\/\+\/c\/\+$/m,
    );
    expect(ejabberdRules('desk', 'site/a')).toContain('"site/a/%u/st": [{allow: all}]');
  });

  it('limit a board to its own topics, for any id or topic', () => {
    expect(boardMayPublish('mpy', 'aa', 'mpy/aa/r/x', false)).toBe(true);
    for (const topic of [
      'mpy/aa/r/',
      'mpy/aa/r/x/y',
      'mpy/ab/st',
      'mpy//st',
      '/mpy/aa/st',
      'mpy/aa/st/',
      'aa/st',
    ]) {
      expect([topic, boardMayPublish('mpy', 'aa', topic, false)]).toEqual([topic, false]);
    }
    for (const filter of [
      '#',
      'mpy/#',
      'mpy/aa/#',
      'mpy/+/c/+',
      '+/aa/c/+',
      'mpy/aa/+/x',
      'mpy/+/cfg',
      'mpy/all/+/x',
    ]) {
      expect([filter, boardMaySubscribe('mpy', 'aa', filter)]).toEqual([filter, false]);
    }
  });
});

describe('logins at the embedded broker', () => {
  it('differ for each board and do not reveal each other', () => {
    const all = [
      ...['aa', 'ab', 'aa0'].map((uid) => boardLogin('s', uid)),
      computerLogin('s'),
      boardLogin('t', 'aa'),
    ];
    expect(new Set(all.map((login) => login.password)).size).toBe(all.length);
    for (const { password } of all) expect(password).toMatch(/^[\w-]{32}$/);
    expect(boardLogin('s', 'aa')).toEqual(boardLogin('s', 'aa'));
  });
});
