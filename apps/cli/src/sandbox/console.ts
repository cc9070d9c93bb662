import { UsageError, counted } from '@rollbook/core';
import { SITE_NAMES, lossyDay, ordinaryDay, type SiteName, type Sites } from '@rollbook/sandbox';
import { wordFrom } from '../arguments.ts';
import { table, type TableColumn } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const HELP = `  list                  the sites, the faults that are on, and how much each was asked
  faults [SITE]         the faults there are, and what they do
  fault SITE NAME       switches a fault on, besides those that are; "all" is every site that has it
  fault SITE off        switches the faults of a site off
  next-day              an ordinary day: some students change, some come, one leaves
  lose PERCENT          another day: so many percent of the first school's students are gone
  latency MS            each HTTP request waits so long
  help                  this text
  quit                  stops everything, as Ctrl-C does`;

const SITE_WORDS: Readonly<Record<SiteName, string>> = {
  clever: 'Clever',
  classlink: 'ClassLink',
  oneroster: 'OneRoster 1.2, strict',
  loose: 'OneRoster 1.2, loose',
  sftp: 'SFTP',
};
const COLUMNS: readonly TableColumn[] = [
  { title: 'site' },
  { title: 'what' },
  { title: 'address' },
  { title: 'asked', isNumber: true },
  { title: 'faults' },
];
const DEFAULT_LOSS_PERCENT = '12';

/** Obeys one line typed at the sandbox. */
export class SandboxConsole {
  readonly #sites: Sites;
  readonly #terminal: Terminal;

  constructor(sites: Sites, terminal: Terminal) {
    this.#sites = sites;
    this.#terminal = terminal;
  }

  /** @returns whether the line asks for the end. What cannot be obeyed is said, and nothing is thrown for it. */
  async obey(line: string): Promise<'quit' | 'go-on'> {
    const [command = '', ...words] = line.trim().split(/\s+/);
    try {
      if (command === 'quit' || command === 'exit') return 'quit';
      if (command !== '') await this.#do(command, words);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#terminal.say(error.message);
    }
    return 'go-on';
  }

  async #do(command: string, words: readonly string[]): Promise<void> {
    switch (command) {
      case 'list':
        return this.#terminal.say(this.listing());
      case 'faults':
        return this.#terminal.say(this.#faultTable(words[0]));
      case 'fault':
        return this.#fault(words);
      case 'next-day':
        return this.#publish(ordinaryDay(this.#sites.district));
      case 'lose':
        return this.#publish(lossyDay(this.#sites.district, Number(words[0] ?? DEFAULT_LOSS_PERCENT)));
      case 'latency':
        return this.#latency(words[0] ?? '');
      case 'help':
        return this.#terminal.say(HELP);
      default:
        throw new UsageError(`There is no command ${JSON.stringify(command)} here: "help" lists them.`);
    }
  }

  /** The sites as a table. */
  listing(): string {
    const { switches, clever, classlink, oneroster, loose, sftp } = this.#sites;
    const addresses: Readonly<Record<SiteName, string>> = {
      clever: clever.apiUrl,
      classlink: classlink.proxyUrl,
      oneroster: oneroster.baseUrl,
      loose: loose.baseUrl,
      sftp: `sftp://${sftp.host}:${sftp.port}`,
    };
    const requests = this.#sites.requests();
    const rows = SITE_NAMES.map((name) => [
      name,
      SITE_WORDS[name],
      addresses[name],
      String(requests[name]),
      switches[name].active.join(', ') || 'none',
    ]);
    return table(COLUMNS, rows, this.#terminal.sayColors);
  }

  #faultTable(name: string | undefined): string {
    const sites = name === undefined ? SITE_NAMES : [wordFrom('site', name, SITE_NAMES)];
    return sites
      .map((site) => {
        const known = this.#sites.switches[site].known.map(({ name: fault, text }) => `  ${fault.padEnd(18)}${text}`);
        return [site, ...known].join('\n');
      })
      .join('\n');
  }

  #fault([site, fault]: readonly string[]): void {
    if (site === undefined || fault === undefined)
      throw new UsageError('Expected "fault SITE NAME" or "fault SITE off": "faults" lists the names.');
    const { switches } = this.#sites;
    const hasFault = (name: SiteName): boolean =>
      fault === 'off' || switches[name].known.some((known) => known.name === fault);
    const names = site === 'all' ? SITE_NAMES.filter(hasFault) : [wordFrom('site', site, SITE_NAMES)];
    if (names.length === 0) throw new UsageError(`No site has a fault "${fault}": "faults" lists them.`);
    for (const name of names) {
      if (fault === 'off') switches[name].clear();
      else switches[name].on(fault);
      const active = switches[name].active.join(', ');
      this.#terminal.say(`${name}: ${active === '' ? 'no fault is on' : `on: ${active}`}`);
    }
  }

  async #publish(next: Sites['district']): Promise<void> {
    await this.#sites.publish(next);
    this.#terminal.say(`It is day ${next.day}: every site shows ${counted(next.students.length, 'student')}.`);
  }

  #latency(text: string): void {
    const latencyMs = Number(text);
    if (!/^\d{1,5}$/.test(text)) throw new UsageError(`Expected milliseconds from 0 to 99999; got "${text}".`);
    this.#sites.setLatency(latencyMs);
    this.#terminal.say(`Each HTTP request waits ${latencyMs} ms.`);
  }
}
