export * from './errors.ts';
export * from './reasons.ts';
export * from './record-types.ts';
export * from './source-config.ts';
export {
  ConfigFile,
  DistrictConfig,
  ROLES,
  SchoolLink,
  SyncConfig,
  configJsonSchema,
  parseConfig,
} from './config-file.ts';
export { Calendar, KeptCalendar, NO_CALENDAR } from './calendar/calendar-config.ts';
export { CalendarDate, localDate, startOfDay } from './calendar/local-date.ts';
export { PAUSE_SCOPES, calendarState } from './calendar/sync-state.ts';
export type { CalendarState, Pause, PauseScope } from './calendar/sync-state.ts';
export { ConfigError, configPath, isSecret } from './config-problem.ts';
export type { ConfigKeys, ConfigProblem } from './config-problem.ts';
export { cronProblem } from './cron.ts';
export {
  BasisPoints,
  DEFAULT_DELETION_THRESHOLD,
  DeletionThreshold,
  Percent,
  ThresholdBasisPoints,
  basisPointsFor,
  thresholdFor,
  thresholdFromText,
} from './deletion-threshold.ts';
export { effectiveSettings, limitsText, raiseText } from './effective-settings.ts';
export type { EffectiveSettings, ThresholdRaise } from './effective-settings.ts';
export { editDistance } from './edit-distance.ts';
export { resolveEnv } from './env-reference.ts';
export { WITHHOLD, archivePermission, archivedBefore, countedShare, guard, mayArchive } from './guard.ts';
export type {
  ArchiveCandidate,
  ArchiveCount,
  ArchivedBefore,
  Finding,
  GuardInput,
  GuardResult,
  Withheld,
  Withhold,
} from './guard.ts';
export { LEFT_BECAUSE, holdNote, leftText } from './hold-note.ts';
export type { LeftBecause, LeftCounts } from './hold-note.ts';
export { explain, explainSchoolsNotFound, explainThreshold } from './guard-explanation.ts';
export type { Explanation } from './guard-explanation.ts';
export { differInLeadingZeros, missingSchools } from './missing-schools.ts';
export type { MissingSchool, SchoolIdentity } from './missing-schools.ts';
export { fold, nearest } from './nearest.ts';
export { kindOf, quoted, received } from './received.ts';
export {
  HoldExplanations,
  RecordCounts,
  ReportFinding,
  ReportUpdateFinding,
  ReportWarning,
  RunReport,
  RunStatus,
  RunSummary,
  SchoolNotFound,
  emptyCounts,
  reportFindings,
  reportUpdateFindings,
} from './run-report.ts';
export {
  ARCHIVED_STUDENTS,
  DEFAULT_RUN_SETTINGS,
  GUARDIANS_WITHOUT_CONTACT,
  LimitsNote,
  PHONE_COLUMNS,
  RunSettings,
  runSettings,
} from './run-settings.ts';
export type * from './hold-evidence.ts';
export { CAUSES, HoldExplanation } from './hold-explanation/explanation.ts';
export { explainHold } from './hold-explanation/explain-hold.ts';
export { FEWEST, NO_PATTERNS, causesOf, isEmptied, isMassChange, massUpdates } from './mass-update.ts';
export type { FieldCount, MassUpdate, Shift, UpdateCause, UpdateCount, UpdatePatterns } from './mass-update.ts';
export { massUpdateWarning } from './mass-update-text.ts';
export { areUpdatesWithheld, judgeUpdates } from './update-guard.ts';
export type { UpdateFinding, UpdateGuardInput, UpdateJudgement } from './update-guard.ts';
export {
  NO_UPDATE_THRESHOLD,
  PEOPLE,
  UpdateThreshold,
  UpdateThresholdSetting,
  isPeople,
  isUpdateGuarded,
  updatePercentFromText,
} from './update-threshold.ts';
export type { PeopleType } from './update-threshold.ts';
export { RunFindings, whatIf } from './what-if.ts';
export type { WhatIf } from './what-if.ts';
export { capitalised, counted, countedRecords, listed, number, recordNoun } from './wording.ts';
