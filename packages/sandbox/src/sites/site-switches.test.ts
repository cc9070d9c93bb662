import { UsageError } from '@rollbook/core';
import { HttpFaults } from '../http/http-faults.ts';
import { SiteSwitches, httpSiteFaults } from './site-switches.ts';

describe('the switches of a site', () => {
  it('switch faults on, one besides the other, and all off', () => {
    const done: string[] = [];
    const fault = (name: string) => ({
      text: name,
      on: () => void done.push(`${name} on`),
      off: () => void done.push(`${name} off`),
    });
    const switches = new SiteSwitches({ first: fault('first'), second: fault('second') });
    switches.on('second');
    switches.on('second');
    switches.on('first');
    expect(switches.active).toEqual(['second', 'first']);
    switches.clear();
    expect(switches.active).toEqual([]);
    switches.clear();
    expect(done).toEqual(['second on', 'first on', 'second off', 'first off']);
  });

  it('name what there is when they are asked for something else', () => {
    const switches = new SiteSwitches({ hang: { text: '', on: () => undefined, off: () => undefined } });
    expect(() => switches.on('hung')).toThrow(new UsageError('There is no fault "hung" here. There are: hang.'));
    expect(switches.active).toEqual([]);
  });
});

it('makes every fault of HTTP sites one that the site takes', () => {
  const faults = new HttpFaults();
  const switches = new SiteSwitches(httpSiteFaults(faults));
  for (const { name, text } of switches.known) {
    switches.on(name);
    expect([name, text !== '', faults.list.length]).toEqual([name, true, 1]);
    expect(faults.strike('/', '', 0)).toBe(faults.list[0]);
    switches.clear();
    expect(faults.list).toEqual([]);
  }
});
