import { affected, type MassUpdate, type UpdateCause, type UpdateCount } from './mass-update.ts';
import { quoted } from './received.ts';
import { countedRecords, listed, number } from './wording.ts';

/** What people are told of a mass update. Ids and names of fields only, never a value. */
export interface MassUpdateWarning {
  readonly message: string;
  /** How many records it is about. */
  readonly count: number;
}

/** `44 of 80 students of school "0101"`, `25 of 30 guardians of the district`. */
export function groupText({ recordType, school, active }: UpdateCount, count: number): string {
  const place = school === null ? 'the district' : `school ${quoted(school)}`;
  return `${number(count)} of ${countedRecords(active, recordType)} of ${place}`;
}

/** What is seen, what it looks like, whom it concerns, and what to do. */
export function massUpdateWarning(update: MassUpdate): MassUpdateWarning {
  const { isMass, emptied, causes, group } = update;
  const parts = [
    ...(isMass ? [changedText(group)] : []),
    ...emptied.map(
      (field) =>
        `${field.field} is empty in the data for ${number(field.emptied)} of the ${number(field.had)} ${nounOf(group)} who had one${isMass ? '' : ` (${placeOf(group)})`}.`,
    ),
    ...causeTexts(update),
    examplesText(update),
    isMass && causes.some(({ kind }) => kind === 'corrected')
      ? 'If the data was wrong before, there is nothing to do.'
      : 'If these changes are wrong, correct the data and sync again. The next run restores the values.',
  ];
  return { message: parts.filter((part) => part !== '').join(' '), count: affected(update) };
}

const nounOf = ({ recordType }: UpdateCount): string => (recordType === 'staff' ? 'staff members' : recordType);
const placeOf = ({ school }: UpdateCount): string => (school === null ? 'the district' : `school ${quoted(school)}`);

function changedText(group: UpdateCount): string {
  const fields = group.fields
    .filter(({ changed }) => changed > 0)
    .sort((a, b) => b.changed - a.changed)
    .map(({ field, changed }) => `${field}: ${number(changed)}`);
  const which = fields.length === 0 ? '' : ` (${fields.join(', ')})`;
  return `${groupText(group, group.changed)} have another name, e-mail, username or number in the data${which}.`;
}

/** The likely causes, a sentence each; empty where nothing is plain. */
export function causeTexts({ causes, emptied, isMass }: MassUpdate): string[] {
  const lost =
    emptied.length === 0
      ? []
      : [
          `A column or a file with ${listed(emptied.map(({ field }) => field))} seems to be gone, or to have lost its name.`,
        ];
  return [...(isMass ? causes.map(causeText) : []), ...lost];
}

function causeText(cause: UpdateCause): string {
  const count = number(cause.count);
  switch (cause.kind) {
    case 'shifted':
      return `Columns seem to be shifted: in ${count} of them ${cause.field} holds what ${cause.from} held before.`;
    case 'encodedTwice':
      return `Text seems to be encoded twice: in ${count} of them two or three signs stand for one letter. Export as UTF-8, and do not convert the file again.`;
    case 'lettersLost':
      return `Letters seem to be lost: in ${count} of them letters with accents, or of another script, became "?" or are missing. Export as UTF-8.`;
    case 'corrected':
      return `This looks like a correction: in ${count} of them letters are back that had been lost or encoded twice.`;
    case 'zerosLost':
      return `Leading zeros seem to be lost in ${count} of them. Send the file without opening it in a spreadsheet.`;
    case 'noAddress':
      return `The column of e-mails seems to be wrong: in ${count} of them it holds no address.`;
    case 'otherDomain':
      return `The e-mails of ${count} of them have another domain, and are the same before the "@".`;
    case 'filled':
      return `The data has something new: ${count} of them had nothing there before.`;
  }
}

function examplesText({ group, isMass, emptied }: MassUpdate): string {
  const ids = isMass ? group.examples : (emptied[0]?.examples ?? []);
  return ids.length === 0 ? '' : `Examples: ${ids.map(quoted).join(', ')}.`;
}
