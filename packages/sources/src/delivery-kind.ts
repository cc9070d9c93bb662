import type { FileFormat } from '@rollbook/core';
import { isCleverFileName, isCleverMark } from './clever-csv/layout.ts';
import { fileKey, isCsvName, listNames } from './delivery-names.ts';
import { EXPORT_AGAIN, invalidData } from './invalid-data.ts';
import { isOneRosterFileName } from './oneroster/layout.ts';
import type { FileSet } from './source-file.ts';

/** Which files of a folder or zip are looked for. */
export interface DeliveryKind {
  /** In the words of messages: `roster files`. */
  readonly what: string;
  readonly advice: string;
  /** One CSV file is a whole delivery: a path may name it, and a zip beside it is none of its business. */
  readonly isSingleFile: boolean;
  /** The names of CSV files, without folders, that belong to it. Throws `invalid_data` if they contradict each other. */
  pick(place: string, csvNames: readonly string[]): readonly string[];
}

type RosterFormat = Exclude<FileFormat, 'auto'>;

const isMark: Readonly<Record<RosterFormat, (name: string) => boolean>> = {
  'oneroster-csv': (name) => isOneRosterFileName(name) && !isCleverFileName(name),
  'clever-csv': isCleverMark,
};

/**
 * The files of a roster. With `auto` the format shows by file names that only one of the two has (`users.csv`,
 * `students.csv`); a place that holds such names of both is refused, because either may be the old one.
 */
export function rosterFiles(format: FileFormat): DeliveryKind {
  return {
    what: 'roster files',
    advice: `Expected ${EXPECTED[format]}, or one zip of them. ${EXPORT_AGAIN}`,
    isSingleFile: false,
    pick: (place, names) => {
      const found = format === 'auto' ? recognised(place, names) : format;
      return names.filter(found === 'clever-csv' ? isCleverFileName : isOneRosterFileName);
    },
  };
}

const ONEROSTER = 'OneRoster CSV files such as users.csv and enrollments.csv';
const CLEVER = 'Clever CSV files such as students.csv and sections.csv';
const EXPECTED: Readonly<Record<FileFormat, string>> = {
  auto: `${ONEROSTER}, or ${CLEVER}`,
  'oneroster-csv': ONEROSTER,
  'clever-csv': CLEVER,
};

function recognised(place: string, names: readonly string[]): RosterFormat {
  const oneRoster = names.filter(isMark['oneroster-csv']);
  const clever = names.filter(isMark['clever-csv']);
  if (oneRoster.length > 0 && clever.length > 0)
    throw invalidData(
      `${place} holds files of two formats: OneRoster (${listNames(oneRoster)}) and Clever (${listNames(clever)}).`,
      'Which of them is current cannot be known. Remove the files that are not meant, or say which to read with format: oneroster-csv or format: clever-csv in the source.',
    );
  return clever.length > 0 ? 'clever-csv' : 'oneroster-csv';
}

/** The format of the files that {@link rosterFiles} picked. */
export function formatOf(set: FileSet, format: FileFormat): RosterFormat {
  if (format !== 'auto') return format;
  return set.files.some(({ name }) => isMark['clever-csv'](name)) ? 'clever-csv' : 'oneroster-csv';
}

/** A district's guardians.csv, beside any source. */
export const GUARDIANS_FILE: DeliveryKind = {
  what: 'guardians.csv',
  advice: 'Ask the district to upload guardians.csv, by itself or in a zip, or correct the path of guardiansFile.',
  isSingleFile: true,
  pick: (_, names) => names.filter((name) => isCsvName(name) && fileKey(name) === 'guardians'),
};
