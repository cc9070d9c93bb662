import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockHome } from './home-lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollbook-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('lockHome', () => {
  it('gives a home to one holder at a time', async () => {
    const free = await lockHome(folder);
    expect(free).not.toBeNull();
    expect(await lockHome(folder)).toBeNull();
    await free?.();
    const again = await lockHome(folder);
    expect(again).not.toBeNull();
    await again?.();
  });

  it('knows a home by whatever path it is reached', async () => {
    const link = join(folder, 'link');
    symlinkSync(folder, link);
    const free = await lockHome(folder);
    expect(await lockHome(link)).toBeNull();
    await free?.();
  });

  it('keeps homes apart', async () => {
    const other = mkdtempSync(join(tmpdir(), 'rollbook-lock-'));
    const frees = [await lockHome(folder), await lockHome(other)];
    expect(frees).not.toContain(null);
    for (const free of frees) await free?.();
    rmSync(other, { recursive: true });
  });
});
