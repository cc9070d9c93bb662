import {
  emptyCounts,
  reportFindings,
  reportUpdateFindings,
  type SyncError,
  type RunReport,
  type RunStatus,
  type RunSummary,
} from '@rollbook/core';
import type { Preview } from '@rollbook/pipeline';
import { previewCounts } from '@rollbook/store';

const STATUSES = { pass: 'succeeded', hold: 'held', reject: 'failed' } as const satisfies Record<string, RunStatus>;

/** What a preview was compared with, and how long it took; times are ISO 8601 in UTC. */
export type PreviewScope = Pick<RunSummary, 'district' | 'sync' | 'startedAt' | 'finishedAt'>;

/** The report that a run would have given. Where it would fail, nothing is counted, for nothing would be written. */
export function previewReport(preview: Preview, scope: PreviewScope): RunReport {
  const { contents, difference, judgement, whole, explanations, warnings } = preview;
  const { updates, reason, message, advice } = whole;
  const status = STATUSES[whole.verdict];
  return {
    run: { id: 'preview', ...scope, status, reason, message, advice },
    counts: status === 'failed' ? emptyCounts() : previewCounts(difference, contents, judgement, updates),
    findings: reportFindings(judgement.findings, null),
    updateFindings: reportUpdateFindings(updates.findings, null),
    explanations: [...explanations],
    notes: [],
    schoolsNotFound: judgement.schoolsNotFound.map(({ sisId, name, nearest }) => ({
      sisId,
      name,
      nearest: [...nearest],
    })),
    warnings: warnings.map(({ line, ...warning }) => ({ ...warning, line: line === null || line < 1 ? null : line })),
  };
}

/** The report of a preview whose data could not be read or used. */
export function failedPreviewReport({ reason, message, advice }: SyncError, scope: PreviewScope): RunReport {
  return {
    run: { id: 'preview', ...scope, status: 'failed', reason, message, advice },
    counts: emptyCounts(),
    findings: [],
    updateFindings: [],
    explanations: [],
    notes: [],
    schoolsNotFound: [],
    warnings: [],
  };
}
