import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { DemoSignIns } from '#contract/identity.ts';
import { HealthView } from '#contract/operations.ts';
import { HomeStreams } from '#contract/rooms.ts';
import { HttpClient } from '../../scripts/clients/http-client.ts';
import { openPage } from '../support/browsers.ts';
import { isAlive, StartedShow } from '../support/start.ts';

const picture =
  '(() => { const v = document.querySelector("video"); return v ? [v.currentTime, v.videoWidth] : [0, 0]; })()';
const Picture = z.tuple([z.number(), z.number()]);

test('[M-P6] one command puts a show on the air with a drop and sign-ins, ends with nothing left running, and goes on after a second start', {
  timeout: 240_000,
}, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'dropcast-start-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));

  let streamId = '';
  let pids: number[] = [];
  {
    await using show = await StartedShow.open(dataDir);
    pids = Object.values(show.pids());
    expect(pids.length).toBeGreaterThan(6);
    const anyone = new HttpClient(show.url);
    const { live } = await anyone.get('/streams', HomeStreams);
    streamId = live[0]?.streamId ?? '';
    expect(show.words).toContain('Mia');

    await using browser = await openPage(`${show.url}/r/${streamId}`);
    const { page } = browser;
    await expect
      .poll(async () => Picture.parse(await page.evaluate(picture)), { timeout: 30_000 })
      .toSatisfy(([time, width]: [number, number]) => time > 2 && width > 0);
    await page.getByTestId('pinned').waitFor();
    await expect
      .poll(() => page.getByRole('log').locator('li').count(), { timeout: 30_000 })
      .toBeGreaterThan(1);
    await page.getByTestId('drop-card').waitFor({ timeout: 60_000 });

    const { signIns } = await anyone.get('/demo/sign-ins', DemoSignIns);
    const mia = signIns.find(({ handle }) => handle === 'Mia');
    expect(
      (await anyone.call('POST', '/login-sessions', { handle: mia?.handle, password: mia?.password })).status,
    ).toBe(201);
    await expect
      .poll(async () => (await anyone.get('/health', HealthView)).state, { timeout: 20_000 })
      .toBe('well');
  }
  await expect.poll(() => pids.filter(isAlive), { timeout: 10_000 }).toEqual([]);

  await using again = await StartedShow.open(dataDir);
  const { live } = await new HttpClient(again.url).get('/streams', HomeStreams);
  expect(live.map((stream) => stream.streamId)).toEqual([streamId]);
  expect(live[0]?.pinned).toBeDefined();
});
