import type { RosterRow } from './layout.ts';
import { dateOf, isNothing, listOf, textOrNull } from './cells.ts';
import type { FileReport } from '../file-report.ts';
import type { Organisations } from './organisations.ts';
import type { PullOutput } from '../pull-output.ts';

/** What the rows of one file become. A row marked as deleted is passed on even if all but its id is blank or bad. */
export interface RowContext {
  readonly report: FileReport;
  readonly out: PullOutput;
  readonly organisations: Organisations;
}

const SESSION_KINDS = new Map(
  ['gradingPeriod', 'semester', 'schoolYear', 'term'].map((kind) => [kind.toLowerCase(), kind]),
);

export function takeOrg(row: RosterRow<'orgs'>, line: number, { report, out, organisations }: RowContext): void {
  const sisId = row.sourcedId;
  if (sisId === '') return report.skipBlank(line, sisId, 'sourcedId');
  const gone = report.isGone(row.status, line);
  if (!gone && row.name === '') return report.skipBlank(line, sisId, 'name');
  report.checkId(sisId, line);
  const kind = row.type.trim().toLowerCase();
  if (!gone) organisations.add(sisId, kind, row.parentSourcedId);
  const record = {
    sisId,
    name: row.name,
    number: textOrNull(row.identifier),
    stateId: null,
    ncesId: null,
    kind: textOrNull(kind),
    parent: textOrNull(row.parentSourcedId),
  };
  out.add('schools', record, line, gone);
}

export function takeSession(row: RosterRow<'academicSessions'>, line: number, { report, out }: RowContext): void {
  const sisId = row.sourcedId;
  if (sisId === '') return report.skipBlank(line, sisId, 'sourcedId');
  const gone = report.isGone(row.status, line);
  const startDate = dateOf(row.startDate);
  const endDate = dateOf(row.endDate);
  if (!gone) {
    if (row.title === '') return report.skipBlank(line, sisId, 'title');
    if (startDate === undefined) return report.skipBadDate(line, sisId, 'startDate');
    if (endDate === undefined) return report.skipBadDate(line, sisId, 'endDate');
  }
  report.checkId(sisId, line);
  const kind = row.type.trim();
  const record = {
    sisId,
    title: row.title,
    kind: textOrNull(SESSION_KINDS.get(kind.toLowerCase()) ?? kind),
    startDate: startDate ?? null,
    endDate: endDate ?? null,
    schoolYear: textOrNull(row.schoolYear),
    parent: textOrNull(row.parentSourcedId),
  };
  out.add('terms', record, line, gone);
}

export function takeCourse(row: RosterRow<'courses'>, line: number, { report, out, organisations }: RowContext): void {
  const sisId = row.sourcedId;
  if (sisId === '') return report.skipBlank(line, sisId, 'sourcedId');
  const gone = report.isGone(row.status, line);
  if (!gone && row.title === '') return report.skipBlank(line, sisId, 'title');
  report.checkId(sisId, line);
  const record = {
    sisId,
    title: row.title,
    code: textOrNull(row.courseCode),
    school: isNothing(row.orgSourcedId) ? null : organisations.schoolOf(row.orgSourcedId),
    grades: listOf(row.grades),
    subjects: listOf(row.subjects),
  };
  out.add('courses', record, line, gone);
}

export function takeClass(row: RosterRow<'classes'>, line: number, { report, out, organisations }: RowContext): void {
  const sisId = row.sourcedId;
  if (sisId === '') return report.skipBlank(line, sisId, 'sourcedId');
  const gone = report.isGone(row.status, line);
  if (!gone && row.title === '') return report.skipBlank(line, sisId, 'title');
  report.checkId(sisId, line);
  const record = {
    sisId,
    title: row.title,
    code: textOrNull(row.classCode),
    kind: textOrNull(row.classType.trim().toLowerCase()),
    school: isNothing(row.schoolSourcedId) ? null : organisations.schoolOf(row.schoolSourcedId),
    course: textOrNull(row.courseSourcedId),
    terms: listOf(row.termSourcedIds),
    grades: listOf(row.grades),
    subjects: listOf(row.subjects),
    periods: listOf(row.periods),
    location: textOrNull(row.location),
  };
  out.add('classes', record, line, gone);
}
