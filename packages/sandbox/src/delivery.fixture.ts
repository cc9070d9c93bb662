import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseString } from 'fast-csv';

export type Row = Readonly<Record<string, string>>;

/** A OneRoster delivery as a reader finds it: the header and the rows of each file, by name. */
export interface Delivery {
  readonly names: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, readonly Row[]>>;
}

async function parseRows(text: string): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const rows: Row[] = [];
    parseString<Row, Row>(text, { headers: true, strictColumnHandling: true })
      .on('data', (row: Row) => rows.push(row))
      .on('data-invalid', () => reject(new Error('a row has not as many cells as the header')))
      .on('error', reject)
      .on('end', () => resolve(rows));
  });
}

export async function parseDelivery(texts: Readonly<Record<string, string>>): Promise<Delivery> {
  const headers: Record<string, string> = {};
  const files: Record<string, Row[]> = {};
  for (const [name, text] of Object.entries(texts)) {
    headers[name] = text.slice(0, text.indexOf('\r\n'));
    files[name] = await parseRows(text);
  }
  return { names: Object.keys(texts).sort(), headers, files };
}

/** All the files of a folder, or those named. */
export async function readDelivery(dir: string, names?: readonly string[]): Promise<Delivery> {
  const texts: Record<string, string> = {};
  for (const name of names ?? (await readdir(dir))) texts[name] = await readFile(join(dir, name), 'utf8');
  return parseDelivery(texts);
}

/** File and column, and the file whose ids it must hold. Lists are separated by commas. */
const REFERENCES: readonly (readonly [file: string, column: string, target: string])[] = [
  ['academicSessions.csv', 'parentSourcedId', 'academicSessions.csv'],
  ['orgs.csv', 'parentSourcedId', 'orgs.csv'],
  ['courses.csv', 'schoolYearSourcedId', 'academicSessions.csv'],
  ['courses.csv', 'orgSourcedId', 'orgs.csv'],
  ['classes.csv', 'courseSourcedId', 'courses.csv'],
  ['classes.csv', 'schoolSourcedId', 'orgs.csv'],
  ['classes.csv', 'termSourcedIds', 'academicSessions.csv'],
  ['users.csv', 'orgSourcedIds', 'orgs.csv'],
  ['users.csv', 'primaryOrgSourcedId', 'orgs.csv'],
  ['users.csv', 'agentSourcedIds', 'users.csv'],
  ['roles.csv', 'userSourcedId', 'users.csv'],
  ['roles.csv', 'orgSourcedId', 'orgs.csv'],
  ['enrollments.csv', 'classSourcedId', 'classes.csv'],
  ['enrollments.csv', 'schoolSourcedId', 'orgs.csv'],
  ['enrollments.csv', 'userSourcedId', 'users.csv'],
  ['demographics.csv', 'sourcedId', 'users.csv'],
];

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  'academicSessions.csv': ['title', 'type', 'startDate', 'endDate', 'schoolYear'],
  'orgs.csv': ['name', 'type'],
  'courses.csv': ['title', 'orgSourcedId'],
  'classes.csv': ['title', 'courseSourcedId', 'classType', 'schoolSourcedId', 'termSourcedIds'],
  'users.csv': ['enabledUser', 'username', 'givenName', 'familyName'],
  'roles.csv': ['userSourcedId', 'roleType', 'role', 'orgSourcedId'],
  'enrollments.csv': ['classSourcedId', 'schoolSourcedId', 'userSourcedId', 'role'],
};

/** What is wrong with a delivery: references that lead nowhere, ids used twice, required cells that are blank. */
export function faultsOf({ files }: Delivery): string[] {
  const ids = new Map<string, Set<string>>();
  const faults: string[] = [];
  for (const [name, rows] of Object.entries(files)) {
    const seen = new Set<string>();
    for (const row of rows) {
      const id = row['sourcedId'];
      if (id === undefined) continue;
      if (id === '' || seen.has(id)) faults.push(`${name}: id "${id}" blank or used twice`);
      seen.add(id);
      for (const column of REQUIRED[name] ?? [])
        if (!row[column]) faults.push(`${name}: ${column} of "${id}" is blank`);
    }
    ids.set(name, seen);
  }
  for (const [name, column, target] of REFERENCES)
    for (const row of files[name] ?? [])
      for (const id of (row[column] ?? '').split(',').filter(Boolean))
        if (ids.get(target)?.has(id) !== true) faults.push(`${name}: ${column} "${id}" is not in ${target}`);
  return faults;
}
