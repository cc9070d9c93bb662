import type { SchoolIdentity } from '@rollbook/core';
import type { SourceTest } from './source-test.ts';

/**
 * The `schools:` of a sync, ready to paste. Schools that are linked stay; a linked one that is not in the data gives
 * way to the one that is most likely meant; the others are there as comments. If none is linked, all are listed.
 */
export function schoolsYaml({ schools, schoolsNotFound, takesEverySchool }: SourceTest): string {
  const meant = new Map(
    schoolsNotFound.flatMap(({ sisId, nearest: [best] }) => (best === undefined ? [] : [[best, sisId]])),
  );
  const lines = schools.map((school) => {
    const wanted = meant.get(school.sisId);
    if (wanted !== undefined) return `  - ${link(school)} # instead of ${text(wanted)}`;
    return school.linked || takesEverySchool ? `  - ${link(school)}` : `  # - ${link(school)}`;
  });
  const lost = schoolsNotFound
    .filter(({ nearest }) => nearest.length === 0)
    .map((school) => `  # - ${link(school)} is not in the data`);
  return ['schools:', ...lines, ...lost].join('\n');
}

const link = ({ sisId, name }: SchoolIdentity): string =>
  name === null ? `{sisId: ${text(sisId)}}` : `{sisId: ${text(sisId)}, name: ${text(name)}}`;

/** A YAML text in double quotes, in which what a terminal does not show is escaped: IDs must survive the copying. */
function text(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u00a0\u00ad\u2000-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
