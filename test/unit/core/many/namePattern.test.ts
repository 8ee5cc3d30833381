import { describe, expect, it } from 'vitest';
import {
  namesPreview,
  numberingOrder,
  patternNames,
  sharedName,
} from '../../../../src/core/many/namePattern';

const three = ['a', 'b', 'c'].map((name) => ({ name, platform: 'rp2' }));

describe('names by a pattern', () => {
  it.each([
    ['kit-{n}', ['kit-1', 'kit-2', 'kit-3']],
    ['kit-{n:2}', ['kit-01', 'kit-02', 'kit-03']],
    ['kit', ['kit-1', 'kit-2', 'kit-3']],
    [' {platform} ', ['rp2-1', 'rp2-2', 'rp2-3']],
    ['lab-{name}', ['lab-a', 'lab-b', 'lab-c']],
  ])('%s', (pattern, expected) => {
    expect(patternNames(pattern, three)).toEqual(expected);
  });

  it('keep the name of a single board literally', () => {
    expect(patternNames('kitchen', three.slice(0, 1))).toEqual(['kitchen']);
  });

  it('are refused when two boards would share one, or another board has it', () => {
    expect(sharedName(['x', 'x'], [])).toBe('x');
    expect(sharedName(['kit-1', 'kit-2'], ['kit-2'])).toBe('kit-2');
    expect(sharedName(['kit-1', 'kit-2'], ['shed'])).toBeUndefined();
  });

  it('number boards in the order of their earlier names, and others as they appear', () => {
    const named = (...names: string[]) => names.map((name) => ({ name, platform: 'rp2' }));
    const order = (...names: string[]) => numberingOrder(named(...names)).map((b) => b.name);
    expect(order('rp2-2', 'rp2-10', 'rp2-1')).toEqual(['rp2-1', 'rp2-2', 'rp2-10']);
    expect(order('rp2-2', 'kitchen', 'rp2-1')).toEqual(['rp2-2', 'kitchen', 'rp2-1']);
  });

  it('are shown before they are given', () => {
    expect(namesPreview(patternNames('kit-{n:2}', [...three, ...three]))).toBe(
      'kit-01, kit-02 … kit-06',
    );
    expect(namesPreview(['a', 'b', 'c'])).toBe('a, b, c');
  });
});
