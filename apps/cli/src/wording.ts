import { number } from '@rollbook/core';

/** `2026-03-02 02:00 UTC`; a dash for what has not happened. */
export const time = (iso: string | null): string =>
  iso === null ? '-' : `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

/** `just now`, `5 minutes ago`, `3 hours ago`, `12 days ago`. */
export function age(iso: string, nowMs = Date.now()): string {
  const minutes = Math.floor((nowMs - Date.parse(iso)) / 60_000);
  if (minutes < 2) return 'just now';
  if (minutes < 120) return `${minutes} minutes ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} hours ago`;
  return `${number(Math.floor(minutes / 1440))} days ago`;
}

/** From one time to another: `3 s`, `2 min 5 s`. */
export function duration(fromIso: string | null, toIso: string | null): string {
  if (fromIso === null || toIso === null) return '-';
  const seconds = (Date.parse(toIso) - Date.parse(fromIso)) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
