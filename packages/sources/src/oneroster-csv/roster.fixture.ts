import type { PulledRow } from '@rollbook/pipeline';
import { sound } from '../delivery.fixture.ts';

export type Files = Record<string, string | Buffer>;

/** A manifest.csv that declares these files. */
export const manifest = (version: string, modes: Readonly<Record<string, string>>): string =>
  [
    'propertyName,value',
    'manifest.version, 1.0',
    `oneroster.version,${version}`,
    ...Object.entries(modes).map(([name, mode]) => `file.${name},${mode}`),
  ].join('\r\n');

/** The sound delivery with one file's text changed. */
export function spoil(name: keyof typeof sound, change: (text: string) => string): Files {
  const changed = change(sound[name]);
  if (changed === sound[name]) throw new Error(`the change left ${name} as it was`);
  return { ...sound, [name]: changed };
}

export const without = (...names: (keyof typeof sound)[]): Files =>
  Object.fromEntries(Object.entries(sound).filter(([name]) => !names.includes(name as keyof typeof sound)));

export const append = (name: keyof typeof sound, ...rows: string[]): Files =>
  spoil(name, (text) => `${text}${rows.join('\n')}\n`);

export const ids = (rows: readonly PulledRow[]): string[] => rows.map(({ record }) => record.sisId);
