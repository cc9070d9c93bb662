import { gradeOf } from './clever-grade.ts';

describe('gradeOf', () => {
  it.each([
    ['InfantToddler', 'IT'],
    ['Preschool', 'PR'],
    ['PreKindergarten', 'PK'],
    ['TransitionalKindergarten', 'TK'],
    ['Kindergarten', 'KG'],
    ['1', '01'],
    ['9', '09'],
    ['13', '13'],
    ['PostGraduate', 'PS'],
    ['Ungraded', 'UG'],
    ['Other', 'Other'],
  ])('reads the word of Clever %p as %p', (given, code) => {
    expect(gradeOf(given)).toBe(code);
  });

  it.each([
    ['09', '09'],
    ['KG', 'KG'],
    [' k ', 'KG'],
    ['pre-k', 'PK'],
    ['Pre Kindergarten', 'PK'],
    ['0', 'KG'],
    ['-1', 'PK'],
    ['9th', '09'],
    ['Grade 10', '10'],
    ['2nd grade', '02'],
  ])('reads %p, as systems write it, as %p', (given, code) => {
    expect(gradeOf(given)).toBe(code);
  });

  it('is null for a blank, and keeps what it does not know', () => {
    expect([gradeOf(''), gradeOf('  ')]).toEqual([null, null]);
    expect(['14', 'constructor', ' Year 9 plus '].map(gradeOf)).toEqual(['14', 'constructor', 'Year 9 plus']);
  });
});
