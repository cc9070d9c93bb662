import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '@rollbook/runtime';

/** The password of the dashboard, and where a person finds it; it is never printed. */
export interface DashboardPassword {
  readonly password: string;
  readonly whereToFind: string;
}

/** ROLLBOOK_DASHBOARD_PASSWORD, else one that is made once and kept in the home folder, for its owner alone. */
export function openDashboardPassword({ dashboardPassword, home }: Environment): DashboardPassword {
  if (dashboardPassword !== undefined)
    return { password: dashboardPassword, whereToFind: 'the password is that of ROLLBOOK_DASHBOARD_PASSWORD' };
  const path = join(home, 'dashboard-password');
  mkdirSync(home, { recursive: true });
  try {
    // Fails if the file is there: of two processes at once, both then read the same password.
    writeFileSync(path, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return { password: readFileSync(path, 'utf8').trim(), whereToFind: `the password is in ${path}` };
}
