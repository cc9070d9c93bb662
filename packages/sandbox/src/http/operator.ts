import type { IncomingMessage, ServerResponse } from 'node:http';
import { json, text } from 'node:stream/consumers';
import { UsageError } from '@rollbook/core';
import type { HttpFault } from './http-faults.ts';
import type { HttpSite } from './http-site.ts';

/** Paths below this one belong to the person who runs the site. */
export const OPERATOR_PATH = '/-/';

type Answer = (site: HttpSite, message: IncomingMessage) => unknown;

/** What a site lets its operator do besides; gets the body, null if there is none, and gives what is answered. */
export type OperatorCommand = (body: unknown) => unknown;
/** By method and path, such as `POST /-/sync`; one of the same name as a common command takes its place. */
export type OperatorCommands = Readonly<Record<string, OperatorCommand>>;

/**
 * By hand: `GET /-/log`, `GET /-/faults`, `PUT /-/faults` with a list of faults that takes the place of the old one,
 * `DELETE /-/faults`, `PUT /-/latency` with milliseconds, and `GET` and `PUT /-/switches` for what is peculiar to the site.
 */
const ANSWERS: Readonly<Record<string, Answer>> = {
  'GET /-/log': ({ log }) => ({ total: log.total, mostAtOnce: log.mostAtOnce, requests: log.requests }),
  'GET /-/faults': ({ faults }) => faults.list,
  'PUT /-/faults': async ({ faults }, message) => {
    const wanted = await json(message);
    const list = (Array.isArray(wanted) ? wanted : [wanted]) as HttpFault[];
    faults.clear();
    faults.add(...list);
    return faults.list;
  },
  'DELETE /-/faults': ({ faults }) => {
    faults.clear();
    return [];
  },
  'PUT /-/latency': async (site, message) => {
    const latencyMs = Number(await json(message));
    if (!(latencyMs >= 0)) throw new RangeError('Expected milliseconds, 0 or more.');
    site.latencyMs = latencyMs;
    return latencyMs;
  },
  'GET /-/switches': ({ switches }) => switches,
  'PUT /-/switches': async ({ switches }, message) => {
    const wanted = (await json(message)) as object;
    const unknown = Object.keys(wanted).find((name) => !Object.hasOwn(switches, name));
    if (unknown !== undefined)
      throw new UsageError(`Expected switches of ${Object.keys(switches).join(', ')}; got "${unknown}".`);
    return Object.assign(switches, wanted);
  },
};

/** Answers a request of the operator: 404 for an unknown one, 400 with a reason for one that cannot be obeyed. */
export async function answerOperator(
  site: HttpSite,
  commands: OperatorCommands,
  path: string,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const name = `${message.method ?? ''} ${path}`;
  const command = commands[name];
  const answer = command === undefined ? ANSWERS[name] : async () => command(await bodyOf(message));
  const send = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
  };
  if (answer === undefined) return send(404, { error: `Expected one of: ${known(commands).join(', ')}.` });
  try {
    send(200, await answer(site, message));
  } catch (error) {
    send(400, { error: error instanceof Error ? error.message : String(error) });
  }
}

const known = (commands: OperatorCommands): string[] => Object.keys({ ...ANSWERS, ...commands });

async function bodyOf(message: IncomingMessage): Promise<unknown> {
  const body = await text(message);
  return body === '' ? null : JSON.parse(body);
}
