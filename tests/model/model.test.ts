import { RECORD_TYPES } from '@rollbook/core';
import fc from 'fast-check';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { anyStory } from './random-steps.ts';
import { TwoSyncs } from './two-syncs.ts';

/**
 * MODEL_RUNS (how many stories) and MODEL_SEED make it longer or other; a failure prints the seed, the path and the story.
 * MODEL_PATH tells that one again, and MODEL_SHRINK=1 looks for the shortest that fails.
 */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 40);
const SEED = Number(process.env['MODEL_SEED'] ?? 1);
const PATH = process.env['MODEL_PATH'];
const IS_SHRUNK = process.env['MODEL_SHRINK'] === '1';

let testDatabase: TestDatabase;

beforeAll(async () => {
  testDatabase = await createTestDatabase('model');
}, 30_000);
afterAll(() => testDatabase.drop(), 30_000);

describe('guard §1 to §40: the roster, the runs and the holds are those of a model in memory', () => {
  it('after every step of random stories', async () => {
    const ends = { succeeded: 0, held: 0, failed: 0 };
    await fc.assert(
      fc.asyncProperty(anyStory, async (story) => {
        await testDatabase.database.pool.query(
          `TRUNCATE districts, ${RECORD_TYPES.join(', ')}, roster_changes CASCADE`,
        );
        const syncs = new TwoSyncs(testDatabase, story);
        await syncs.begin();
        for (const step of story.steps) await syncs.take(step);
        for (const end of ['succeeded', 'held', 'failed'] as const) ends[end] += syncs.ends[end];
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: !IS_SHRUNK, ...(PATH === undefined ? {} : { path: PATH }) },
    );
    // Stories that only ever saw one kind of end would say little; one told again sees what it sees.
    if (PATH !== undefined) return;
    for (const count of Object.values(ends)) expect(count).toBeGreaterThan(2);
  }, 3_600_000);
});
