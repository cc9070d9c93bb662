import type { RecordType } from '@rollbook/core';
import type { PullEvent } from '@rollbook/pipeline';
import type { CsvRow } from '../csv-scanner.ts';
import type { Sheet } from '../csv-sheet.ts';
import type { RosterSettings } from '../roster-settings.ts';
import type { FileSet } from '../source-file.ts';
import { openRoster } from './delivered-files.ts';
import { takeEnrollment } from '../oneroster/enrollment-rows.ts';
import { FileReport, type RecordTypes } from '../file-report.ts';
import { Organisations } from '../oneroster/organisations.ts';
import { readPeople } from './read-people.ts';
import { PullOutput } from '../pull-output.ts';
import { SIDE_LIMIT_BYTES } from './side-table.ts';
import { takeClass, takeCourse, takeOrg, takeSession, type RowContext } from '../oneroster/structure-rows.ts';

export interface ReadOptions {
  readonly settings: RosterSettings;
  readonly spoolDir: string;
  readonly signal: AbortSignal;
  /** See JoinOptions; smaller in tests. */
  readonly sideLimitBytes?: number;
}

/**
 * Reads a OneRoster 1.1 or 1.2 CSV delivery: schools, terms, courses, classes, people, enrollments, in this order.
 * Every file is checked as a whole before the first row of any is given out. Throws `invalid_data` for what cannot be
 * trusted (guard §18); rows that cannot be used are events (guard §20).
 */
export async function* readRoster(set: FileSet, options: ReadOptions): AsyncGenerator<PullEvent> {
  const { settings, signal, spoolDir, sideLimitBytes = SIDE_LIMIT_BYTES } = options;
  const { version, revision, sheets, warnings } = await openRoster(set, settings, signal);
  yield { kind: 'revision', revision };
  for (const warning of warnings) yield { kind: 'warning', warning };
  const out = new PullOutput();
  const organisations = new Organisations();

  if (sheets.orgs !== undefined) {
    // A department may stand before its school, so the tree is only used once the file has been read.
    yield* readSheet(sheets.orgs, 'schools', takeOrg);
  }
  if (sheets.academicSessions !== undefined) yield* readSheet(sheets.academicSessions, 'terms', takeSession);
  if (sheets.courses !== undefined) yield* readSheet(sheets.courses, 'courses', takeCourse);
  if (sheets.classes !== undefined) yield* readSheet(sheets.classes, 'classes', takeClass);
  if (sheets.users !== undefined)
    yield* readPeople(
      { users: sheets.users, roles: sheets.roles, demographics: sheets.demographics },
      { version, settings, out, organisations, join: { spoolDir, signal, limitBytes: sideLimitBytes } },
    );
  if (sheets.enrollments !== undefined) yield* readSheet(sheets.enrollments, 'enrollments', takeEnrollment);

  async function* readSheet<C extends string>(
    sheet: Sheet<C>,
    recordType: RecordType,
    take: (row: CsvRow<C>, line: number, context: RowContext) => void,
  ): AsyncGenerator<PullEvent> {
    const types: RecordTypes = [recordType];
    const report = new FileReport(sheet.fileName, types, sheet.delivery, out);
    const context = { report, out, organisations };
    out.progress(`Reading ${sheet.fileName}`);
    out.delivers(recordType, sheet.delivery, sheet.fileName);
    for await (const { rows, lines, overlong } of sheet.rows(signal)) {
      for (let i = 0; i < rows.length; i += 1) take(rows[i]!, lines[i]!, context);
      for (const { row, line } of overlong) report.skipOverlong(line, idOf(row));
      yield* out.take();
    }
    report.finish();
    yield* out.drain();
  }
}

const idOf = (row: Readonly<Record<string, string>>): string => row['sourcedId'] ?? '';
