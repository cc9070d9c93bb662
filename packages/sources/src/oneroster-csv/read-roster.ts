import type { RecordType } from '@rollbook/core';
import type { PullEvent } from '@rollbook/pipeline';
import type { CsvBatch, CsvRow } from '../csv-scanner.ts';
import type { Sheet } from '../csv-sheet.ts';
import type { RosterSettings } from '../roster-settings.ts';
import type { FileSet } from '../source-file.ts';
import { openRoster } from './delivered-files.ts';
import type { Column } from '../oneroster/layout.ts';
import { takeEnrollment } from '../oneroster/enrollment-rows.ts';
import { FileReport, type RecordTypes } from '../file-report.ts';
import { Organisations } from '../oneroster/organisations.ts';
import { readPackedEnrollments } from './packed-enrollments.ts';
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
  if (sheets.enrollments !== undefined) {
    const { delivery, encoding } = sheets.enrollments;
    if (delivery === 'full' && encoding === 'utf-8') yield* readBulkEnrollments(sheets.enrollments);
    else yield* readSheet(sheets.enrollments, 'enrollments', takeEnrollment);
  }

  async function* readSheet<C extends string>(
    sheet: Sheet<C>,
    recordType: RecordType,
    take: (row: CsvRow<C>, line: number, context: RowContext) => void,
  ): AsyncGenerator<PullEvent> {
    const context = begin(sheet, recordType);
    for await (const batch of sheet.rows(signal)) {
      takeBatch(batch, context, take);
      yield* out.take();
    }
    context.report.finish();
    yield* out.drain();
  }

  async function* readBulkEnrollments(sheet: Sheet<Column<'enrollments'>>): AsyncGenerator<PullEvent> {
    const context = begin(sheet, 'enrollments');
    const { file, fileName, keys } = sheet;
    for await (const { packed, odd } of readPackedEnrollments(file, keys, organisations, signal)) {
      takeBatch(odd, context, takeEnrollment);
      yield* out.take();
      if (packed.count > 0) yield { kind: 'packed', file: fileName, enrollments: packed };
    }
    context.report.finish();
    yield* out.drain();
  }

  function begin<C extends string>(sheet: Sheet<C>, recordType: RecordType): RowContext {
    const types: RecordTypes = [recordType];
    out.progress(`Reading ${sheet.fileName}`);
    out.delivers(recordType, sheet.delivery, sheet.fileName);
    return { report: new FileReport(sheet.fileName, types, sheet.delivery, out), out, organisations };
  }
}

function takeBatch<C extends string>(
  { rows, lines, overlong }: CsvBatch<C>,
  context: RowContext,
  take: (row: CsvRow<C>, line: number, context: RowContext) => void,
): void {
  for (let i = 0; i < rows.length; i += 1) take(rows[i]!, lines[i]!, context);
  for (const { row, line } of overlong) context.report.skipOverlong(line, idOf(row));
}

const idOf = (row: Readonly<Record<string, string>>): string => row['sourcedId'] ?? '';
