import type { RunDetails } from '@rollbook/store';
import { sync } from './acts.ts';
import type { Contents } from './contents.ts';
import type { Setting } from './setting.ts';
import type { Expectation } from './verdict.ts';

/** One thing that happens to a district, and one run. */
export interface Step {
  readonly districtId: string;
  readonly syncId: string;
  readonly title: string;
  /** What happens in the district, for people. */
  readonly story: string;
  /** How it must end, for people. */
  readonly expected: string;
  /** What the district does. */
  prepare(setting: Setting): Promise<void>;
  /** Requests the run; its id. */
  start(setting: Setting, syncId: string): Promise<number>;
  /** @param roster what is active before. */
  expect(roster: Contents): Expectation;
  /** What else must be true of the run; a sentence for each thing that is not. */
  check?(run: RunDetails, setting: Setting, roster: Contents): Promise<string[]> | string[];
}

/** A sync that a person asks for. */
export const byHand: Step['start'] = (setting, syncId) => sync(setting, syncId, 'cli');

/** A sync of every night. */
export const bySchedule: Step['start'] = (setting, syncId) => {
  setting.passNight();
  return sync(setting, syncId, 'schedule');
};

/** A sentence if it is not what it must be. */
export function is(what: string, found: number | string, wanted: number | string): string[] {
  return found === wanted ? [] : [`Expected for ${what}: "${wanted}", found: "${found}".`];
}
