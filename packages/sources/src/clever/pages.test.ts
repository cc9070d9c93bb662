import { withLimit } from './pages.ts';

describe('withLimit', () => {
  it.each([
    ['/v3.1/users', 1000, '/v3.1/users?limit=1000'],
    ['/v3.1/users?starting_after=5a', 1000, '/v3.1/users?starting_after=5a&limit=1000'],
    ['/v3.1/users?limit=1000&starting_after=5a', 1000, '/v3.1/users?limit=1000&starting_after=5a'],
    ['/v3.1/users?limit=500&starting_after=5a', 1000, '/v3.1/users?limit=500&starting_after=5a'],
    ['/v3.1/users?limit=1000&starting_after=5a', 500, '/v3.1/users?limit=500&starting_after=5a'],
    ['/v3.1/users?limit=&starting_after=5a', 500, '/v3.1/users?limit=500&starting_after=5a'],
    ['/v3.1/users?ids=a%2Cb&limit=10', 10, '/v3.1/users?ids=a%2Cb&limit=10'],
  ])('%s for %d objects is %s', (uri, limit, expected) => {
    expect(withLimit(uri, limit)).toBe(expected);
  });
});
