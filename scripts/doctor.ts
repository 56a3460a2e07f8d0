import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromiumLadder } from './setup/chromium.ts';
import { ffmpegLadder } from './setup/ffmpeg.ts';
import { climb, describe, type Ladder, type Outcome, remedyOf } from './setup/ladder.ts';
import { mediaWorkerLadder } from './setup/media-worker.ts';
import { mongoLadderFor } from './setup/mongo.ts';
import { redisLadder } from './setup/redis.ts';
import { isInstalled } from './setup/toolchain.mjs';
import { settlePorts } from './supervisor/addresses.ts';
import { isRunning, readRunState } from './supervisor/data-folder.ts';
import { parseFlags } from './supervisor/flags.ts';

type Line = { part: string; mark: '✓' | '–' | '✗'; text: string; remedy?: string | undefined };

/** Prints the state, version and remedy of every part, and answers 1 when one needs a hand. It changes nothing. */
export async function doctor(): Promise<number> {
  const dataDir = resolve(process.env.DATA_DIR ?? '.data');
  const lines = [
    node(),
    packages(),
    page(),
    ...(await Promise.all(
      [
        redisLadder,
        mongoLadderFor(join(dataDir, 'mongo')),
        ffmpegLadder,
        mediaWorkerLadder,
        chromiumLadder,
      ].map(look),
    )),
    ...(isRunning(dataDir) ? await show(dataDir) : await ports()),
  ];
  for (const { mark, part, remedy, text } of lines) {
    console.log(`${mark} ${part.padEnd(13)} ${text}`);
    if (remedy) console.log(`  ${' '.repeat(13)} ${remedy}`);
  }
  return lines.some(({ mark }) => mark === '✗') ? 1 : 0;
}

function node(): Line {
  return { part: 'Node', mark: '✓', text: `${process.execPath}, version ${process.versions.node}` };
}

function packages(): Line {
  return isInstalled()
    ? { part: 'packages', mark: '✓', text: 'as the lock file says' }
    : { part: 'packages', mark: '–', text: 'not those of the lock file', remedy: 'npm start installs them' };
}

function page(): Line {
  return existsSync('web/dist/index.html')
    ? { part: 'page', mark: '✓', text: `built ${statSync('web/dist/index.html').mtime.toISOString()}` }
    : { part: 'page', mark: '–', text: 'not built', remedy: 'npm start builds it' };
}

async function look(ladder: Ladder<unknown>): Promise<Line> {
  try {
    const [outcome] = await climb<[unknown]>([ladder], { onlyLook: true });
    return ladderLine(outcome);
  } catch (fault) {
    return { part: ladder.part, mark: '✗', text: fault instanceof Error ? fault.message : String(fault) };
  }
}

function ladderLine(outcome: Outcome<unknown>): Line {
  const { part } = outcome;
  if (outcome.found) return { part, mark: '✓', text: `${describe(outcome.found)} (${outcome.rung})` };
  const text = `not there: ${outcome.reasons.join('; ')}`;
  const canPrepare = outcome.reasons.some((reason) => reason.endsWith('npm start would prepare it'));
  return { part, mark: canPrepare ? '–' : '✗', text, remedy: canPrepare ? undefined : remedyOf(outcome) };
}

async function ports(): Promise<Line[]> {
  const flags = parseFlags([]);
  if (!('demo' in flags)) return [];
  try {
    const { port, mediaRtcPort } = await settlePorts(flags, process.env);
    return [{ part: 'ports', mark: '✓', text: `${port} (page) and ${mediaRtcPort} (media) are free` }];
  } catch (fault) {
    return [{ part: 'ports', mark: '✗', text: fault instanceof Error ? fault.message : String(fault) }];
  }
}

/** The processes of the show that runs, and what its server says of itself. */
async function show(dataDir: string): Promise<Line[]> {
  const state = readRunState(dataDir);
  if (!state) return [{ part: 'show', mark: '–', text: `starting on ${dataDir}` }];
  const parts = Object.entries(state.parts).map(
    ([part, { pid, restarts }]): Line => ({
      part,
      mark: pid > 0 ? '✓' : '✗',
      text:
        pid > 0
          ? `runs as process ${pid}${restarts > 0 ? `, started again ${restarts} times` : ''}`
          : 'is down',
      remedy: pid > 0 ? undefined : `see ${join(dataDir, 'logs', `${part}.log`)}`,
    }),
  );
  return [{ part: 'show', mark: '✓', text: `is on ${state.url}` }, ...parts];
}
