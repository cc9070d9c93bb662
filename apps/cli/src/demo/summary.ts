import { number } from '@rollbook/core';
import type { StepResult } from './play.ts';
import type { Step } from './step.ts';
import { formatTable, type Column } from './summary-table.ts';
import { statusText } from './verdict.ts';
import { countLines, seconds } from './words.ts';

const COLUMNS: readonly Column[] = [
  { heading: 'Step', width: 3 },
  { heading: 'Expected', width: 5 },
  { heading: 'What happened', width: 3 },
  { heading: 'Counts', width: 5 },
  { heading: 'Active\nstudents', width: 'fit', align: 'right' },
  { heading: 'Time', width: 'fit', align: 'right' },
];

/** The lines of the table at the end: a row for every step, also for those that were not reached. */
export function summaryLines(steps: readonly Step[], results: readonly StepResult[], width: number): string[] {
  const rows = steps.map((step, index) => {
    const name = `${index + 1} ${step.title}`;
    const result = results[index];
    return [name, step.expected, ...(result ? cellsOf(result) : ['Not tried', '', '', ''])];
  });
  return formatTable(COLUMNS, rows, width);
}

function cellsOf({ run, problems, activeStudents, durationMs }: StepResult): string[] {
  const verdict = problems.length === 0 ? '✓ As expected' : '✗ NOT as expected';
  if (!run) return [verdict, '', '', ''];
  return [
    `${verdict}:\n${statusText(run.run.status, run.run.reason)}`,
    countLines(run.counts).join('\n'),
    number(activeStudents),
    seconds(durationMs),
  ];
}
