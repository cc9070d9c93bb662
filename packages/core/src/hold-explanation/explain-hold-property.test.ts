import fc from 'fast-check';
import type { HoldEvidence } from '../hold-evidence.ts';
import { explainHold } from './explain-hold.ts';
import { HoldExplanation } from './explanation.ts';
import { SCHOOL_NAME, randomEvidence, turned } from './random-evidence.fixture.ts';

const RUNS = { numRuns: 100 };
const QUOTATION = /"(?:[^"\\]|\\.)*"/g;

/** The meaning of `of`, counted anew. */
const archivesOf = ({ groups }: HoldEvidence, { recordType, schools }: HoldExplanation): number =>
  groups
    .filter((group) => group.recordType === recordType)
    .filter(({ school }) => (school === null ? schools.length === 0 : schools.includes(school)))
    .reduce((sum, { toArchive }) => sum + toArchive, 0);

/** All texts in a value, keys and values, at any depth. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.entries(value).flat().flatMap(textsOf) : [];
}

it('gives at most eight explanations in the order of their weight, none of more than there is', () => {
  fc.assert(
    fc.property(randomEvidence, (evidence) => {
      const explanations = explainHold(evidence);
      expect(explanations.length).toBeLessThanOrEqual(8);
      const weights = explanations.map(({ explained }) => explained);
      expect(weights).toEqual(weights.toSorted((a, b) => b - a));
      for (const explanation of explanations) {
        HoldExplanation.parse(explanation);
        expect(explanation.explained).toBeGreaterThan(0);
        expect(explanation.explained).toBeLessThanOrEqual(explanation.of);
        expect(explanation.of).toBe(archivesOf(evidence, explanation));
      }
    }),
    RUNS,
  );
});

it('gives the same whatever the order of the evidence', () => {
  fc.assert(
    fc.property(randomEvidence, (evidence) => {
      expect(explainHold(turned(evidence))).toEqual(explainHold(evidence));
    }),
    RUNS,
  );
});

it('says nothing in a message but its own words, ids, names of schools, grades and numbers', () => {
  fc.assert(
    fc.property(randomEvidence, (evidence) => {
      const known = textsOf(evidence).map((text) => JSON.stringify(text));
      for (const { message } of explainHold(evidence)) {
        for (const quotation of message.match(QUOTATION) ?? []) expect(known).toContain(quotation);
        const words = message.replaceAll(QUOTATION, 'x').replaceAll(SCHOOL_NAME, 'x');
        expect(words).toMatch(/^[A-Za-z0-9 ,.:;()-]+$/);
        expect(words).not.toMatch(/undefined|null|NaN|Infinity|Invalid|object| {2}/);
      }
    }),
    RUNS,
  );
});
