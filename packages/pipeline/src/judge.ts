import { explain, guard, type GuardResult, type RunSettings } from '@rollbook/core';
import type { RunKind } from './ledger.ts';
import type { Difference } from './difference.ts';
import type { SnapshotContents } from './snapshot.ts';

/** Lets the guard judge a difference under the settings of its run. An approval looks at no data that could lack schools. */
export function judge(
  difference: Difference,
  contents: SnapshotContents,
  settings: RunSettings,
  kind: RunKind = 'sync',
): GuardResult {
  return guard({
    counts: difference.groups,
    threshold: settings.threshold,
    alwaysAllow: settings.alwaysAllow,
    withhold: settings.withhold,
    additionsOnly: settings.additionsOnly && kind === 'sync',
    schoolLinks: kind === 'sync' ? settings.schools : null,
    schoolsInData: linkable(contents, settings),
  });
}

/** Departments and districts are in the data too, but nobody who mistyped a school's id meant one. */
function linkable({ schools, otherOrgs }: SnapshotContents, settings: RunSettings): SnapshotContents['schools'] {
  const linked = new Set(settings.schools?.map(({ sisId }) => sisId));
  const others = new Set(otherOrgs);
  return schools.filter(({ sisId }) => linked.has(sisId) || !others.has(sisId));
}

/** What to tell people about a judgement; nothing where it passes. */
export function explanationOf(result: GuardResult): { message: string | null; advice: string | null } {
  return explain(result) ?? { message: null, advice: null };
}
