import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { postAlert } from './alert-webhook.ts';

let server: Server;
let url: string;
let status = 200;
let received: unknown[] = [];
let hangs = false;

beforeAll(async () => {
  server = createServer((request, response) => {
    void json(request).then((body) => {
      received.push(body);
      if (hangs) return;
      response.writeHead(status, { location: '/elsewhere' });
      response.end('whatever');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/secret`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  status = 200;
  received = [];
  hangs = false;
});

it('posts the alert as JSON', async () => {
  await postAlert(url, { event: 'holds_opened', holds: [] });
  expect(received).toEqual([{ event: 'holds_opened', holds: [] }]);
});

it.each([302, 404, 500])('fails at status %i, without the address', async (answer) => {
  status = answer;
  await expect(postAlert(url, {})).rejects.toThrow(`the web address for alerts answered with status ${answer}`);
  expect(received).toHaveLength(1);
});

it('fails when nobody answers', async () => {
  hangs = true;
  await expect(postAlert(url, {}, 50)).rejects.toThrow('the web address for alerts did not answer within 0.05 s');
  await expect(postAlert('http://127.0.0.1:1/secret', {})).rejects.toThrow(
    /^the web address for alerts could not be reached( \([A-Z_]+\))?$/,
  );
});
