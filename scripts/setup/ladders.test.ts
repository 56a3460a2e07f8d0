import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chromiumLadder } from './chromium.ts';
import { ffmpegLadder } from './ffmpeg.ts';
import { mediaWorkerLadder } from './media-worker.ts';
import { mongoLadderFor } from './mongo.ts';
import { redisLadder } from './redis.ts';

const names = ({ rungs }: { rungs: readonly { name: string }[] }) => rungs.map(({ name }) => name);

test('what is given comes first, then what is there, then what may be installed, then what must be made', () => {
  expect(names(redisLadder)).toEqual(['REDIS_URL', 'on PATH', 'Debian package']);
  expect(names(mongoLadderFor())).toEqual([
    'MONGODB_URI',
    'mongod on PATH',
    'container',
    'container image',
    'downloaded',
    'download',
    'stand-in, cached',
    'stand-in',
  ]);
  expect(names(ffmpegLadder)).toEqual([
    'FFMPEG_BIN',
    'on PATH',
    'Debian package',
    'npm package, cached',
    'npm package',
  ]);
  expect(names(mediaWorkerLadder)).toEqual([
    'MEDIASOUP_WORKER_BIN',
    'cached',
    'release binary',
    'local build',
  ]);
  expect(names(chromiumLadder)).toEqual(['CHROME_BIN', 'on PATH', 'Debian package']);
});

test('a folder that one MongoDB wrote is opened with that one again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dropcast-mongo-'));
  writeFileSync(join(folder, 'stand-in.mv'), '');
  expect(names(mongoLadderFor(folder)).slice(0, 3)).toEqual(['MONGODB_URI', 'stand-in, cached', 'stand-in']);
  rmSync(folder, { recursive: true });
});
