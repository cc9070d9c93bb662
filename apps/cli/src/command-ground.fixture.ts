import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../../../tests/test-database.ts';
import { runHere } from './command.fixture.ts';

/** `S101` to `S106` for (101, 106). */
export const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `S${from + i}`);

const STUDENTS = [...ids(101, 130), ...ids(201, 210)];
const STAFF = ['T1', 'T2', 'T3', 'T4'];

interface Delivered {
  readonly gone?: readonly string[];
  /** Whose id is another one now: `NS101` for `S101`. */
  readonly rekeyed?: readonly string[];
  /** Whose family name is another one now. */
  readonly renamed?: readonly string[];
}

/**
 * A database, and a folder that the sync "sis" reads: thirty students and four of the staff in the school 0101, ten
 * students in 0102, and a class with one enrollment. Everything was synced once.
 */
export class CommandGround {
  readonly folder = mkdtempSync(join(tmpdir(), 'rollbook-cli-'));
  readonly #test: TestDatabase;

  private constructor(test: TestDatabase) {
    this.#test = test;
  }

  static async prepare(name: string): Promise<CommandGround> {
    const ground = new CommandGround(await createTestDatabase(name));
    Object.assign(process.env, {
      DATABASE_URL: ground.#test.url,
      // The queues stand in the database of the test: a Redis would be shared with other tests.
      ROLLBOOK_QUEUE_BACKEND: 'postgres',
      ROLLBOOK_HOME: ground.path('home'),
      ROLLBOOK_ACTOR: 'pat',
      // Else each command warns that its process runs on: it is that of the tests.
      ROLLBOOK_LOG_LEVEL: 'error',
    });
    const sync = `{id: sis, source: {type: files, path: ${ground.path('roster')}}}`;
    writeFileSync(ground.path('rollbook.yaml'), `districts:\n  - id: riverside\n    syncs:\n      - ${sync}\n`);
    ground.upload();
    for (const args of [
      ['config', 'load', ground.path('rollbook.yaml')],
      ['sync', 'sis'],
    ])
      expect(await runHere(...args)).toMatchObject({ status: 0, stderr: '' });
    return ground;
  }

  async clear(): Promise<void> {
    await this.#test.drop();
    rmSync(this.folder, { recursive: true });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async sql<R extends object>(text: string): Promise<R[]> {
    return (await this.#test.database.pool.query<R>(text)).rows;
  }

  async students(status: 'active' | 'archived'): Promise<string[]> {
    const rows = await this.sql<{ id: string }>(
      `SELECT sis_id AS id FROM students WHERE status = '${status}' ORDER BY sis_id`,
    );
    return rows.map(({ id }) => id);
  }

  /** Delivers everybody, but for what is said. */
  upload({ gone = [], rekeyed = [], renamed = [] }: Delivered = {}): void {
    const there = (id: string): boolean => !gone.includes(id);
    const userOf = (id: string, school: string, role: string): string => {
      const names = `Given ${id},${renamed.includes(id) ? 'Other' : 'Family'}`;
      return `${rekeyed.includes(id) ? `N${id}` : id},${school},${role},${names},${id}@school.example`;
    };
    const files = {
      orgs: ['sourcedId,name,type', '0101,North High,school', '0102,South High,school'],
      users: [
        'sourcedId,orgSourcedIds,role,givenName,familyName,email',
        ...STUDENTS.filter(there).map((id) => userOf(id, id < 'S2' ? '0101' : '0102', 'student')),
        ...STAFF.filter(there).map((id) => userOf(id, '0101', 'teacher')),
      ],
      classes: ['sourcedId,title,classType,schoolSourcedId', 'K1,Algebra,scheduled,0101'],
      enrollments: ['sourcedId,classSourcedId,userSourcedId,role,schoolSourcedId', 'E1,K1,S130,student,0101'],
    };
    rmSync(this.path('roster'), { recursive: true, force: true });
    mkdirSync(this.path('roster'));
    for (const [name, lines] of Object.entries(files))
      writeFileSync(join(this.path('roster'), `${name}.csv`), `${lines.join('\n')}\n`);
  }
}

/** The one JSON document on standard output. */
export const json = ({ stdout }: { readonly stdout: string }) => JSON.parse(stdout);

/** Commands that end with status 1, without a result, and say these words. */
export async function expectRefused(...cases: [args: string[], ...words: string[]][]): Promise<void> {
  for (const [args, ...words] of cases) {
    const ended = await runHere(...args);
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    for (const word of words) expect(ended.stderr).toContain(word);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
  }
}
