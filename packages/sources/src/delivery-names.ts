/** What uploading programs append to a file that is not complete yet (WinSCP, browsers, rsync, editors …). */
const TEMPORARY = /\.(part|filepart|tmp|temp|partial|incomplete|crdownload|swp|swx|download|lock)$|~$/i;

/** Names that never belong to a delivery: unfinished uploads, dotfiles, what macOS leaves behind. */
export const isIgnoredName = (name: string): boolean =>
  name === '' || name.startsWith('.') || name.startsWith('~$') || name === '__MACOSX' || TEMPORARY.test(name);

export const isZipName = (name: string): boolean => /\.zip$/i.test(name);
export const isCsvName = (name: string): boolean => /\.(csv|txt|tsv)$/i.test(name);

/** `users` for `Users.CSV`. */
export const fileKey = (name: string): string => name.replace(/\.[^.]*$/, '').toLowerCase();

/** Names for a message, at most ten of them. */
export function listNames(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  const shown = names.slice(0, 10).map((name) => `"${name}"`);
  return names.length > 10 ? `${shown.join(', ')} and ${names.length - 10} more` : shown.join(', ');
}

/**
 * Names that mean the same file when case is ignored, e.g. `users.csv` and `Users.csv`; undefined if there are none.
 */
export function sameNames(names: readonly string[]): readonly [string, string] | undefined {
  const seen = new Map<string, string>();
  for (const name of names) {
    const earlier = seen.get(fileKey(name));
    if (earlier !== undefined) return [earlier, name];
    seen.set(fileKey(name), name);
  }
  return undefined;
}
