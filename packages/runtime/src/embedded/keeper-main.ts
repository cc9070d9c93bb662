import { homeAt } from './home.ts';
import { Keeper } from './keeper.ts';

/** The keeper's own process: `node keeper-main.js HOME`. Started by the first client, it ends after the last. */
const folder = process.argv[2];
if (folder === undefined) throw new Error('keeper-main needs the home folder as its argument.');

const keeper = new Keeper(homeAt(folder));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => void keeper.stop(`got ${signal}`));
}
await keeper.run();
// Ended by hand: clients that wait for the end still hold connections, which would keep this process alive.
process.exit();
