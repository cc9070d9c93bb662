import { z } from 'zod';
import type { SyncConfig } from './config-file.ts';
import {
  BasisPoints,
  DEFAULT_DELETION_THRESHOLD,
  Percent,
  ThresholdBasisPoints,
  thresholdFor,
} from './deletion-threshold.ts';
import { WITHHOLD } from './guard.ts';
import { RECORD_TYPES } from './record-types.ts';
import { RosterSettings, rosterSettingsOf } from './source-config.ts';
import { NO_UPDATE_THRESHOLD, UpdateThreshold } from './update-threshold.ts';
import { DEFAULT_WINDOW_HOURS, MAX_WINDOW_HOURS } from './threshold-window.ts';

/** What a sync does with students that a user archived and that are in the data (guard §10). */
export const ARCHIVED_STUDENTS = ['restore', 'keep-archived'] as const;
/** What a sync does with new guardians who have neither an e-mail nor a number for messages. */
export const GUARDIANS_WITHOUT_CONTACT = ['leave-out', 'take'] as const;
/** The column of the source whose number is the one for login and messages, kept as `sms`. */
export const PHONE_COLUMNS = ['sms', 'phone'] as const;

/** Where the limits of a run come from if not from the configured `deletionThreshold`; shown wherever they are. */
export const LimitsNote = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('raised'),
    raiseId: z.int(),
    basisPoints: BasisPoints,
    /** Null: every record type. */
    recordTypes: z.array(z.enum(RECORD_TYPES)).nullable(),
    /** The first day on which it no longer holds; null: for one run. */
    until: z.string().nullable(),
  }),
  z.object({ kind: z.literal('rollover'), until: z.string() }),
]);
export type LimitsNote = z.infer<typeof LimitsNote>;

/** A record of the source that takes over a manual one. */
const Adoption = z.object({ sisId: z.string().min(1), adopts: z.string().min(1) });

/** What is fixed for a run when it is requested and kept with it (guard §14): later edits do not reach it. */
export const RunSettings = z.object({
  /** The linked schools; null: every school in the data. */
  schools: z.array(z.object({ sisId: z.string().min(1), name: z.string().nullable() })).nullable(),
  threshold: ThresholdBasisPoints,
  limitsNote: LimitsNote.nullable().default(null),
  /** A record type of a school may always lose this many records (guard §3). */
  alwaysAllow: z.int().min(0),
  withhold: z.enum(WITHHOLD),
  /** Over it the updates of people are withheld (guard §36); null: those of the type never are. */
  updateThreshold: UpdateThreshold.default(NO_UPDATE_THRESHOLD),
  /** What has raised it, if anything; shown wherever it is. */
  updateLimitsNote: LimitsNote.nullable().default(null),
  /** Archives of so many hours before a run count with its own (guard §35); 0: each run counts alone. */
  thresholdWindowHours: z.int().min(0).max(MAX_WINDOW_HOURS).default(DEFAULT_WINDOW_HOURS),
  /** More of a type's rows skipped than this is `invalid_data` (guard §20). */
  maxSkippedPercent: Percent,
  archivedStudents: z.enum(ARCHIVED_STUDENTS).default('restore'),
  unarchiveClasses: z.boolean().default(false),
  updateActiveUserContacts: z.boolean().default(false),
  updateLanguage: z.boolean().default(false),
  phoneCredentialColumn: z.enum(PHONE_COLUMNS).default('sms'),
  maxGuardiansPerStudent: z.int().min(1).default(6),
  guardiansWithoutContact: z.enum(GUARDIANS_WITHOUT_CONTACT).default('leave-out'),
  /** A student or a member of the staff is gone after so many runs without them. */
  transferGrace: z.int().min(1).default(1),
  adoptions: z.object({ schools: z.array(Adoption), classes: z.array(Adoption) }).default({ schools: [], classes: [] }),
  /** Nothing is archived (guard §30). */
  additionsOnly: z.boolean().default(false),
  /** `contacts`: guardians and guardianships alone (guard §30). */
  recordTypes: z.enum(['all', 'contacts']).default('all'),
  /** What the source's configuration says of people; its address and credentials are read when `fetch` begins. */
  roster: RosterSettings.default({}),
});
export type RunSettings = z.infer<typeof RunSettings>;

/** Those of a sync that says nothing of its own. */
export const DEFAULT_RUN_SETTINGS: RunSettings = RunSettings.parse({
  schools: null,
  threshold: DEFAULT_DELETION_THRESHOLD,
  alwaysAllow: 0,
  withhold: 'sync',
  maxSkippedPercent: 5,
});

/** The settings that a run of this sync takes with it, on a day without anything special. */
export function runSettings(sync: Omit<SyncConfig, 'id' | 'schedule' | 'enabled' | 'calendar'>): RunSettings {
  return {
    schools: sync.schools?.map(({ sisId, name }) => ({ sisId, name })) ?? null,
    threshold: thresholdFor(sync.deletionThreshold, sync.source.type),
    limitsNote: null,
    alwaysAllow: sync.alwaysAllow,
    withhold: sync.withhold,
    updateThreshold: sync.updateThreshold,
    updateLimitsNote: null,
    thresholdWindowHours: sync.thresholdWindow,
    maxSkippedPercent: sync.maxSkippedPercent,
    archivedStudents: sync.archivedStudents,
    unarchiveClasses: sync.unarchiveClasses,
    updateActiveUserContacts: sync.updateActiveUserContacts,
    updateLanguage: sync.updateLanguage,
    phoneCredentialColumn: sync.phoneCredentialColumn,
    maxGuardiansPerStudent: sync.maxGuardiansPerStudent,
    guardiansWithoutContact: sync.guardiansWithoutContact,
    transferGrace: sync.transferGrace,
    adoptions: { schools: adoptionsOf(sync.schools ?? []), classes: adoptionsOf(sync.classes) },
    additionsOnly: false,
    recordTypes: 'all',
    roster: rosterSettingsOf(sync.source),
  };
}

const adoptionsOf = (links: readonly { readonly sisId: string; readonly adopts: string | null }[]) =>
  links.flatMap(({ sisId, adopts }) => (adopts === null ? [] : [{ sisId, adopts }]));
