import { ConfigError } from './config-problem.ts';
import { resolveEnv } from './env-reference.ts';

const problemsOf = (value: unknown, env: Record<string, string | undefined>) => {
  try {
    resolveEnv(value, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
};

describe('resolveEnv', () => {
  it('replaces references in every text of the tree, and nothing else', () => {
    const value = {
      districts: [{ source: { password: '${env:PASSWORD}', path: '/${env:TOP}/${env:TOP}' }, port: 22, off: null }],
      '${env:PASSWORD}': true,
      literal: '$HOME ${HOME} env:PASSWORD',
    };
    expect(resolveEnv(value, { PASSWORD: 'a$&b${env:TOP}', TOP: 'roster' })).toEqual({
      districts: [{ source: { password: 'a$&b${env:TOP}', path: '/roster/roster' }, port: 22, off: null }],
      '${env:PASSWORD}': true,
      literal: '$HOME ${HOME} env:PASSWORD',
    });
  });

  it('leaves its input as it was', () => {
    const value = Object.freeze({ list: Object.freeze(['${env:A}']) });
    expect(resolveEnv(value, { A: '1' })).toEqual({ list: ['1'] });
    expect(value).toEqual({ list: ['${env:A}'] });
  });

  it('names every variable that is missing or empty, its place, and no values', () => {
    const value = { districts: [{ syncs: [{ source: { password: '${env:GOOD}${env:BAD}', host: '${env:EMPTY}' } }] }] };
    expect(problemsOf(value, { GOOD: 'hunter2', EMPTY: '' })).toEqual([
      'districts[0].syncs[0].source.password: expected the environment variable BAD to hold a value, but it is not set',
      'districts[0].syncs[0].source.host: expected the environment variable EMPTY to hold a value, but it is empty',
    ]);
  });

  it('does not take what every object inherits for a variable', () => {
    expect(problemsOf('${env:constructor}', {})).toEqual([
      'the top of the file: expected the environment variable constructor to hold a value, but it is not set',
    ]);
  });

  it.each(['${env:}', '${env:A B}', '${env:1A}', '${env:A', 'x ${env:GOOD} ${env:}'])(
    'refuses the malformed %j',
    (text) => {
      expect(problemsOf({ key: text }, { GOOD: 'x' })).toEqual([
        'key: expected ${env:NAME} with letters, digits and _ in the name',
      ]);
    },
  );

  it('keeps a key named __proto__ a key', () => {
    const resolved = resolveEnv(JSON.parse('{"__proto__": {"a": "${env:A}"}}'), { A: '1' });
    expect(Object.getPrototypeOf(resolved)).toBe(Object.prototype);
    expect(JSON.stringify(resolved)).toBe('{"__proto__":{"a":"1"}}');
  });

  it('refuses a tree that holds itself', () => {
    const endless: Record<string, unknown> = {};
    endless['again'] = endless;
    expect(problemsOf(endless, {})).toEqual(['again.again.again: expected at most 50 levels, received more']);
  });
});
