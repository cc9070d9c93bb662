import { configPath, configProblem } from './config-problem.ts';
import type { ConfigKeys, ConfigProblem } from './config-problem.ts';
import { quoted } from './received.ts';
import { valueAt } from './value-at.ts';

/**
 * Ids that a configuration holds twice: districts and syncs in the whole file, school and class IDs in one sync. Looks at the raw
 * value, so that it finds them although other parts of the file are wrong.
 */
export function repeatedIds(config: unknown): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const districtIds = new Map<string, ConfigKeys>();
  const syncIds = new Map<string, ConfigKeys>();
  for (const [districtIndex, district] of listAt(config, 'districts').entries()) {
    const districtKeys = ['districts', districtIndex];
    note(districtIds, district, [...districtKeys, 'id'], problems);
    for (const [syncIndex, sync] of listAt(district, 'syncs').entries()) {
      const syncKeys = [...districtKeys, 'syncs', syncIndex];
      note(syncIds, sync, [...syncKeys, 'id'], problems);
      for (const links of ['schools', 'classes']) {
        const ids = new Map<string, ConfigKeys>();
        for (const [index, link] of listAt(sync, links).entries())
          note(ids, link, [...syncKeys, links, index, 'sisId'], problems);
      }
    }
  }
  return problems;
}

function note(seen: Map<string, ConfigKeys>, owner: unknown, keys: ConfigKeys, problems: ConfigProblem[]): void {
  const id = valueAt(owner, String(keys.at(-1)));
  if (typeof id !== 'string') return;
  const first = seen.get(id);
  if (first === undefined) seen.set(id, keys);
  else
    problems.push(configProblem(keys, `expected each id once, received ${quoted(id)}, which ${configPath(first)} has`));
}

const listAt = (owner: unknown, key: string): unknown[] => {
  const value = valueAt(owner, key);
  return Array.isArray(value) ? value : [];
};
