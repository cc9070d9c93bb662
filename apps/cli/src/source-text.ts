import { RECORD_TYPES, listed, number } from '@rollbook/core';
import { reasonText } from './report-text.ts';
import { steps } from './run-sync.ts';
import { schoolsYaml } from './schools-yaml.ts';
import type { SourceTest } from './source-test.ts';
import { indented, table } from './table.ts';
import { printable, type Colors } from './terminal.ts';
import { age, time } from './wording.ts';

const MOST_NOTES = 20;
const MOST_SCHOOLS = 40;

/** What `source test` says: first whether a sync can work, then what was seen, then what to do next. */
export function sourceTestText(test: SourceTest, colors: Colors): string {
  return [
    headline(test, colors),
    problemText(test, colors),
    seenText(test, colors),
    notesText(test, colors),
    nextText(test),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function headline(test: SourceTest, { bold, green, red, yellow }: Colors): string {
  const { sync, connected, reason } = test;
  const whose = `sync "${sync.id}" of district "${sync.district}" (${sync.sourceType})`;
  if (!connected) return `${bold(red('Not connected'))}: the source of ${whose} cannot be used. Nothing was changed.`;
  if (reason !== null) return `${bold(yellow('Connected, but not ready'))}: a run of ${whose} would fail.`;
  return `${bold(green('Connected'))}: the source of ${whose} works; ${schoolsThere(test)}.`;
}

function schoolsThere({ schools, takesEverySchool }: SourceTest): string {
  if (takesEverySchool) return `every school in the data is taken: ${number(schools.length)}`;
  const linked = schools.filter((school) => school.linked).length;
  return linked === 1 ? 'the linked school is there' : `all ${number(linked)} linked schools are there`;
}

function problemText({ reason, message, advice }: SourceTest, colors: Colors): string {
  return reasonText({ run: { status: 'failed', reason, message, advice } }, colors);
}

function seenText(test: SourceTest, colors: Colors): string {
  if (!test.connected) return '';
  const granted = test.permissions.filter((permission) => permission.granted).map(({ name }) => name);
  const refused = test.permissions.filter((permission) => !permission.granted).map(({ name }) => name);
  const facts = [
    ['Data of', test.freshAt === null ? 'the source does not say when' : `${time(test.freshAt)}, ${age(test.freshAt)}`],
    ['Records', countsText(test)],
    ...(granted.length === 0 ? [] : [['May be read', listed(granted)]]),
    ...(refused.length === 0 ? [] : [['May not be read', listed(refused)]]),
  ] as const;
  const width = Math.max(...facts.map(([name = '']) => name.length));
  const lines = facts.map(([name = '', fact = '']) => `  ${colors.dim(name.padEnd(width))}  ${printable(fact)}`);
  const schools = schoolsTable(test, colors);
  return [lines.join('\n'), ...(schools === '' ? [] : [indented(schools)])].join('\n\n');
}

function countsText({ counts }: SourceTest): string {
  const counted = RECORD_TYPES.flatMap((recordType) => {
    const count = counts[recordType];
    return typeof count === 'number' ? [`${number(count)} ${recordType}`] : [];
  });
  const uncounted = RECORD_TYPES.filter((recordType) => counts[recordType] === null);
  const parts = [listed(counted), uncounted.length === 0 ? '' : `not counted: ${listed(uncounted)}`];
  return parts.filter((part) => part !== '').join('; ') || 'none are shared';
}

function schoolsTable({ schools, takesEverySchool }: SourceTest, colors: Colors): string {
  if (schools.length === 0) return '';
  const shown = schools.slice(0, MOST_SCHOOLS);
  const columns = [{ title: 'school ID' }, { title: 'name' }, { title: 'number' }, { title: 'linked' }];
  const rows = shown.map(({ sisId, name, number: schoolNumber, linked }) => [
    JSON.stringify(sisId),
    name ?? '',
    schoolNumber ?? '',
    takesEverySchool ? 'all are' : linked ? 'yes' : 'no',
  ]);
  const rest = schools.length - shown.length;
  const more = rest > 0 ? [`… and ${number(rest)} more (--json lists all)`] : [];
  return [table(columns, rows, colors), ...more].join('\n');
}

function notesText({ notes }: SourceTest, { yellow }: Colors): string {
  if (notes.length === 0) return '';
  const lines = notes.slice(0, MOST_NOTES).map((note) => `  ${printable(note)}`);
  const rest = notes.length - lines.length;
  return [
    yellow('Worth knowing'),
    ...lines,
    ...(rest > 0 ? [`  … and ${number(rest)} more (--json lists all)`] : []),
  ].join('\n');
}

function nextText({ sync, connected, reason }: SourceTest): string {
  if (!connected)
    return `When it is put right, test again:\n${steps([[`rollbook source test ${sync.id}`, '']])}`.trimEnd();
  if (reason !== null)
    return `What can be done:\n${steps([
      [
        `rollbook source schools ${sync.id}`,
        'shows which schools may be meant, and the lines to put into the configuration',
      ],
      [`rollbook source test ${sync.id}`, 'tests again'],
    ])}`;
  return `Next:\n${steps([
    [`rollbook sync ${sync.id} --preview`, 'shows what a run would do, and writes nothing'],
    [`rollbook sync ${sync.id}`, 'runs it'],
  ])}`;
}

/** What `source schools` says: the schools, what linked ones that are missing may mean, and the lines to paste. */
export function sourceSchoolsText(test: SourceTest, colors: Colors): string {
  if (!test.connected) return sourceTestText(test, colors);
  const schools = schoolsTable(test, colors);
  return [
    schools === '' ? 'There is no school in what the source lets us see.' : schools,
    missingText(test, colors),
    ...(schools === '' ? [] : [pasteText(test)]),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function missingText({ schoolsNotFound, schools }: SourceTest, { yellow }: Colors): string {
  if (schoolsNotFound.length === 0) return '';
  const names = new Map(schools.map(({ sisId, name }) => [sisId, name]));
  const lines = schoolsNotFound.map(({ sisId, name, nearest }) => {
    const meant = nearest.map((id) => `${JSON.stringify(id)}${names.get(id) ? ` ${names.get(id)}` : ''}`);
    const guess =
      meant.length === 0
        ? 'no similar one is in the data'
        : `is ${listed(meant).replace(/ and (?=[^,]*$)/, ' or ')} meant?`;
    return `  ${JSON.stringify(sisId)}${name === null ? '' : ` ${name}`}: ${guess}`;
  });
  return [yellow('Linked, but not in the data'), ...lines].map(printable).join('\n');
}

function pasteText(test: SourceTest): string {
  const how = test.takesEverySchool
    ? 'Every school is synced, as the configuration names none. To sync some only, put these lines into it and delete the others:'
    : 'For the configuration; take the # away from a school that shall be synced too:';
  return `${how}\n\n${schoolsYaml(test)}`;
}
