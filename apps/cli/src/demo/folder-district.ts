import { mkdir } from 'node:fs/promises';
import { parseConfig, type ConfigFile } from '@rollbook/core';
import {
  generateDistrict,
  graduate,
  nextDay,
  rekeyStudents,
  removeStudents,
  writeOneRosterFolder,
  type District,
} from '@rollbook/sandbox';

const SEED = 20_264;
const DISTRICT_ID = 'meadow';
const SYNC_ID = 'meadow-files';
const THRESHOLD_PERCENT = 10;
const ELEMENTARY = '0101';
const HIGH = '0102';
const MISSING = 20;

/** A district that leaves its files in a folder, and whose holds are decided in more ways than one. */
export interface FolderDistrict {
  readonly districtId: string;
  readonly syncId: string;
  readonly elementary: string;
  readonly high: string;
  readonly thresholdPercent: number;
  readonly configuration: ConfigFile;
  /** With everybody. */
  readonly first: District;
  /** Without the last grade of the high school, and without so many of the elementary school. */
  readonly lossy: District;
  readonly missing: number;
  /** With everybody; those of the elementary school have new ids. */
  readonly rekeyed: District;
  /** Puts the files of a day into the folder. */
  upload(day: District): Promise<void>;
}

/** @param folder made by this. */
export async function openFolderDistrict(folder: string): Promise<FolderDistrict> {
  await mkdir(folder, { mode: 0o700 });
  const first = generateDistrict({
    id: DISTRICT_ID,
    seed: SEED,
    schoolSizes: [150, 400],
    levels: ['elementary', 'high'],
  });
  return {
    districtId: DISTRICT_ID,
    syncId: SYNC_ID,
    elementary: ELEMENTARY,
    high: HIGH,
    thresholdPercent: THRESHOLD_PERCENT,
    configuration: parseConfig({
      districts: [
        {
          id: DISTRICT_ID,
          name: first.org.name,
          timezone: 'America/Chicago',
          syncs: [
            {
              id: SYNC_ID,
              source: { type: 'files', path: folder },
              schools: first.schools.map(({ sisId, name }) => ({ sisId, name })),
              // Guardians go as their children do.
              deletionThreshold: { default: THRESHOLD_PERCENT, guardians: 100 },
            },
          ],
        },
      ],
    }),
    first,
    lossy: nextDay(first, [graduate(HIGH), removeStudents(MISSING, ELEMENTARY)]),
    missing: MISSING,
    rekeyed: nextDay(first, [rekeyStudents(ELEMENTARY)]),
    async upload(day) {
      await writeOneRosterFolder(day, folder, { version: '1.1' });
    },
  };
}
