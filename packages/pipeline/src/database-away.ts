/** What a database that restarts or cannot be reached says: SQLSTATE classes 08 and 57P, or the socket's own code. */
const AWAY = /^(08...|57P0[1-4]|ECONN.*|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)$/;
const AWAY_MESSAGE = /Connection terminated|connection timeout|Client has encountered a connection error/i;

/** Whether an error, or what caused it, says that the database is away for now: it comes back, so it is worth waiting for. */
export function isDatabaseAway(error: unknown): boolean {
  const { code, message, cause, errors } = (error ?? {}) as {
    code?: unknown;
    message?: unknown;
    cause?: unknown;
    errors?: unknown;
  };
  if (typeof code === 'string' && AWAY.test(code)) return true;
  if (typeof message === 'string' && AWAY_MESSAGE.test(message)) return true;
  return (cause !== undefined && isDatabaseAway(cause)) || (Array.isArray(errors) && errors.some(isDatabaseAway));
}
