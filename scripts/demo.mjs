import { join } from 'node:path';
import { ROOT, run } from './command.mjs';
import { ensureInstalled } from './ensure-installed.mjs';

/** `npm run demo`: installs and builds what is missing, and shows Rollbook at work. Arguments go to the demo. */
const installed = await ensureInstalled();
const demo = join(ROOT, 'apps', 'cli', 'dist', 'demo.js');
process.exitCode = installed === 0 ? await run(process.execPath, [demo, ...process.argv.slice(2)]) : installed;
