/** Keys whose values are never logged: credentials first, then what tells who a pupil is. Compared without case and separators. */
const CREDENTIAL = /(password|passwd|passphrase|secret|token|authorization|cookie|credential|apikey|privatekey|dsn)/;
const PERSONAL = new Set([
  'givenname',
  'familyname',
  'middlename',
  'preferredname',
  'firstname',
  'lastname',
  'fullname',
  'email',
  'username',
  'phone',
  'sms',
  'birthdate',
  'dateofbirth',
  'dob',
]);
const REPLACEMENT = '[redacted]';
const DEEPEST = 6;

/** A copy of `value` fit for a log: secrets and personal data replaced, passwords cut out of URLs, errors reduced. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= DEEPEST) return '[…]';
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, isWithheld(key) ? REPLACEMENT : redact(item, depth + 1)]),
  );
}

/** Replaces the password in every URL of a text. */
export function redactText(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/]*@/gi, `$1:${REPLACEMENT}@`);
}

function isWithheld(key: string): boolean {
  const plain = key.toLowerCase().replaceAll(/[^a-z]/g, '');
  return PERSONAL.has(plain) || CREDENTIAL.test(plain);
}

/**
 * Name, code, message and stack alone. The other fields that drivers put on errors hold values: PostgreSQL's `detail`
 * quotes the row, axios's `config` the headers.
 */
function redactError(error: Error, depth: number): Record<string, unknown> {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const clean = (text: string): string => redactText(isDataException(code) ? withoutQuotations(text) : text);
  return {
    type: error.name,
    message: clean(error.message),
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: clean(error.stack) }),
    ...(error.cause === undefined || depth >= DEEPEST ? {} : { cause: redact(error.cause, depth + 1) }),
  };
}

/** PostgreSQL's error class 22 quotes the value it could not take. */
function isDataException(code: string | undefined): boolean {
  return code !== undefined && /^22[0-9A-Z]{3}$/.test(code);
}

function withoutQuotations(text: string): string {
  return text.replaceAll(/"[^"]*"/g, '"…"');
}
