/** Splits `1.24.1.post2` into [1, 24, 1, 2]. MicroPython's packages need only this part of PEP 440. */
function numbers(version: string): number[] {
  return (version.match(/\d+/g) ?? []).map(Number);
}

/** Returns whether it is an alpha, beta, candidate or preview. These never count as newer. */
function isPreview(version: string): boolean {
  return /(a|b|rc|dev|preview)\d*/i.test(version);
}

/** Returns a negative number if `a` is older. `depth` limits the comparison to the first numbers (2: 1.24). */
export function compareVersions(a: string, b: string, depth = 6): number {
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < depth; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return depth < 6 ? 0 : Number(isPreview(b)) - Number(isPreview(a));
}

/** Returns whether `version` meets a requirement such as `(<1.25.0,>=1.24.0)`; an empty one is always met. */
export function satisfies(version: string, requirement: string): boolean {
  const rules = requirement.split(';')[0]?.matchAll(/(~=|==|!=|<=|>=|<|>)\s*([\w.*+-]+)/g) ?? [];
  return [...rules].every(([, operator, wanted = '']) => {
    const depth = numbers(wanted).length;
    const order = compareVersions(version, wanted, wanted.endsWith('*') ? depth : undefined);
    switch (operator) {
      case '==':
        return order === 0;
      case '!=':
        return order !== 0;
      case '<=':
        return order <= 0;
      case '>=':
        return order >= 0;
      case '<':
        return order < 0;
      case '>':
        return order > 0;
      default:
        // ~=1.24.0 means at least 1.24.0, within 1.24.
        return order >= 0 && compareVersions(version, wanted, depth - 1) === 0;
    }
  });
}

/** Returns the newest of `versions` with `wanted`'s major.minor.patch, else with its major.minor, else the newest older one, else the oldest. */
export function newestFor(versions: readonly string[], wanted: string): string | undefined {
  const sorted = [...versions].sort(compareVersions);
  return (
    sorted.findLast((v) => compareVersions(v, wanted, 3) === 0) ??
    sorted.findLast((v) => compareVersions(v, wanted, 2) === 0) ??
    sorted.findLast((v) => compareVersions(v, wanted, 2) < 0) ??
    sorted[0]
  );
}
