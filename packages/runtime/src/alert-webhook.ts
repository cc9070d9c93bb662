/** A web address that takes longer does not answer, in milliseconds. */
const TIMEOUT_MS = 10_000;

/**
 * Posts an alert as JSON to a web address of the operator's.
 *
 * @throws Error if it was not taken (any status but 2xx; redirects are not followed), in words without the address: that
 *   may be the secret by which it is reached.
 */
export async function postAlert(url: string, alert: object, timeoutMs = TIMEOUT_MS): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'rollbook' },
    body: JSON.stringify(alert),
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: unknown) => {
    throw new Error(`the web address for alerts ${whyNot(error, timeoutMs)}`);
  });
  await response.body?.cancel().catch(() => undefined);
  if (!response.ok) throw new Error(`the web address for alerts answered with status ${response.status}`);
}

function whyNot(error: unknown, timeoutMs: number): string {
  const { name, cause } = error as { name?: unknown; cause?: { code?: unknown } };
  if (name === 'TimeoutError') return `did not answer within ${timeoutMs / 1000} s`;
  return `could not be reached${typeof cause?.code === 'string' ? ` (${cause.code})` : ''}`;
}
