import type { PullEvent } from '@rollbook/pipeline';
import type { Sheet } from '../csv-sheet.ts';
import { FileReport } from '../file-report.ts';
import { LAYOUTS, type Column, type Version } from '../oneroster/layout.ts';
import type { Organisations } from '../oneroster/organisations.ts';
import type { PersonSides } from '../oneroster/held-roles.ts';
import { loadBirthDates, loadRoles } from './person-sides.ts';
import type { PullOutput } from '../pull-output.ts';
import type { RosterSettings } from '../roster-settings.ts';
import { partsById, type JoinOptions, type Joined, type RowSource } from './side-table.ts';
import { personTypes, takeUser } from '../oneroster/user-rows.ts';

export interface PeopleSheets {
  readonly users: Sheet<Column<'users'>>;
  readonly roles: Sheet<Column<'roles'>> | undefined;
  readonly demographics: Sheet<Column<'demographics'>> | undefined;
}

export interface PeopleOptions {
  readonly settings: RosterSettings;
  readonly version: Version;
  readonly out: PullOutput;
  readonly organisations: Organisations;
  readonly join: JoinOptions;
}

/** Stands in for a side file that is not delivered. */
const nothing = <C extends string>(): RowSource<C> => ({ sizeBytes: 0, async *rows() {} });

/**
 * Reads users.csv, joined by user id with roles.csv (1.2) and the birth dates of demographics.csv, into students,
 * staff, guardians and guardianships. Guardianships are announced only if the file has the column that names them.
 */
export async function* readPeople(sheets: PeopleSheets, options: PeopleOptions): AsyncGenerator<PullEvent> {
  const { users, roles, demographics } = sheets;
  const { out, organisations, version, settings, join } = options;
  const types = personTypes(settings);
  const report = new FileReport(users.fileName, types, users.delivery, out);
  const rolesReport = new FileReport(roles?.fileName ?? '', ['staff'], roles?.delivery ?? 'full', out);
  const birthReport = new FileReport(demographics?.fileName ?? '', ['students'], demographics?.delivery ?? 'full', out);

  out.progress(`Reading ${users.fileName}`);
  for (const type of types) out.delivers(type, users.delivery, users.fileName);
  if (settings.manageGuardians && users.present.has('agentSourcedIds'))
    out.delivers('guardianships', users.delivery, users.fileName);
  if (demographics !== undefined) noteSkippedColumns(demographics, out);
  yield* out.take();

  const main: Joined<Column<'users'>> = {
    source: users,
    idColumn: 'sourcedId',
    columns: LAYOUTS.users.columns,
  };
  const roleSide: Joined<Column<'roles'>> = {
    source: roles ?? nothing(),
    idColumn: 'userSourcedId',
    columns: LAYOUTS.roles.columns,
  };
  const birthSide: Joined<Column<'demographics'>> = {
    source: demographics ?? nothing(),
    idColumn: 'sourcedId',
    columns: LAYOUTS.demographics.columns,
  };
  for await (const part of partsById(main, [roleSide, birthSide] as const, join)) {
    const [roleRows, birthRows] = part.sides;
    const sides: PersonSides = {
      roles: await loadRoles(roleRows.rows(join.signal), rolesReport),
      roleWord: 'row in roles.csv',
      birthDates: await loadBirthDates(birthRows.rows(join.signal), birthReport),
    };
    const context = { report, out, organisations, version, settings, sides };
    for await (const { rows, lines, overlong } of part.main.rows(join.signal)) {
      for (let i = 0; i < rows.length; i += 1) takeUser(rows[i]!, lines[i]!, context);
      for (const { row, line } of overlong) report.skipOverlong(line, row.sourcedId);
      yield* out.take();
    }
    for (const { isUsed, line } of sides.roles.values())
      if (!isUsed)
        rolesReport.note(
          'role_without_user',
          line,
          'the role is of a user who is not in users.csv, or is deleted there; it was left out',
        );
  }
  rolesReport.finish();
  birthReport.finish();
  report.finish();
  yield* out.drain();
}

function noteSkippedColumns({ fileName, present }: Sheet<Column<'demographics'>>, out: PullOutput): void {
  const taken = new Set<string>(['dateLastModified', ...LAYOUTS.demographics.columns]);
  const skipped = [...present].filter((name) => !taken.has(name));
  if (skipped.length === 0) return;
  out.warn({
    code: 'demographics_skipped',
    file: fileName,
    line: null,
    message: `${fileName}: only the birth date is taken; these columns were not read: ${skipped.join(', ')}.`,
  });
}
