import type { PullEvent } from '@rollbook/pipeline';
import { PullOutput } from '../pull-output.ts';
import { CleverObject, type Fields } from './clever-object.ts';
import { ObjectReport } from './object-report.ts';

/** An object of Clever's, and what is said of it. */
export function objectWith(fields: Fields, id = '5a25ffb0c1bc2a00360003ee') {
  const out = new PullOutput();
  const report = new ObjectReport('users', out);
  const warnings = (): string[] => {
    report.finish();
    return out.drain().flatMap((event: PullEvent) => (event.kind === 'warning' ? [event.warning.message] : []));
  };
  return { object: new CleverObject(fields, id, report), report, warnings };
}
