import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { StreamId } from '#contract/ids.ts';
import { type Ingest, Ingest as IngestSchema } from '#contract/internal/control.ts';
import type { HttpClient } from '../clients/http-client.ts';
import { renderPicture } from './picture.ts';

const width = 854;
const height = 480;
const framesPerSecond = 25;
/** Named without its folder: a path would have to be escaped inside a filter. */
const sceneFile = 'scene.png';

/**
 * Keeps a generated picture with a running clock, and quiet music, on air in a room: ffmpeg encodes it in real time and
 * sends plain RTP to the doors the operator opened. A standing stream or a dead ffmpeg is begun anew with fresh doors.
 */
export class Broadcast implements AsyncDisposable {
  readonly #parts: { operator: HttpClient; streamId: StreamId; ffmpegBin: string; dataDir: string };
  #isOver = false;
  #encoder: ChildProcess | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: { operator: HttpClient; streamId: StreamId; ffmpegBin: string; dataDir: string }) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = this.#keepOnAir();
  }

  async #keepOnAir(): Promise<void> {
    const scene = await drawScene(this.#parts.dataDir);
    while (!this.#isOver) {
      try {
        const doors = await this.#openDoors();
        await this.#encode(scene, doors);
      } catch (fault) {
        if (!this.#isOver)
          console.log(`[demo] off air: ${fault instanceof Error ? fault.message : String(fault)}`);
      }
      if (!this.#isOver) await wait(1000);
    }
  }

  #openDoors(): Promise<Ingest> {
    const { operator, streamId } = this.#parts;
    return operator.send('POST', `/streams/${streamId}/ingest`, undefined, IngestSchema);
  }

  async #encode(scene: string, doors: Ingest): Promise<void> {
    const encoder = spawn(this.#parts.ffmpegBin, encoderArguments(scene, doors), {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: join(this.#parts.dataDir, 'demo'),
    });
    this.#encoder = encoder;
    let words = '';
    encoder.stderr.on('data', (data) => {
      words = (words + String(data)).slice(-500);
    });
    // However this process ends, the encoder ends with it.
    const end = () => encoder.kill('SIGKILL');
    process.once('exit', end);
    const exited = once(encoder, 'exit').finally(() => process.off('exit', end));
    const watching = this.#watch(encoder);
    const [status] = await exited;
    await watching;
    if (!this.#isOver) throw new Error(`ffmpeg ended with ${status}: ${words.trim()}`);
  }

  /** Ends an encoder whose bytes no longer reach the router, so that it is begun anew. */
  async #watch(encoder: ChildProcess): Promise<void> {
    const { operator, streamId } = this.#parts;
    const Arriving = z.object({
      producers: z.array(z.object({ layers: z.array(z.object({ byteCount: z.number() })) })),
    });
    let before = -1;
    let still = 0;
    while (encoder.exitCode === null && !this.#isOver) {
      await wait(2000);
      const reply = await operator.call('GET', `/streams/${streamId}/on-air`).catch(() => undefined);
      const parsed = Arriving.safeParse(reply?.body);
      const bytes = parsed.success
        ? parsed.data.producers
            .flatMap(({ layers }) => layers)
            .reduce((sum, layer) => sum + layer.byteCount, 0)
        : before;
      still = bytes === before ? still + 1 : 0;
      before = bytes;
      if (still >= 3) encoder.kill('SIGKILL');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#encoder?.kill('SIGTERM');
    await this.#running;
  }
}

async function drawScene(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'demo');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, sceneFile);
  // A little larger than the picture: the camera sways over it.
  writeFileSync(file, await renderPicture('scene', width * 1.06, height * 1.06));
  return sceneFile;
}

function encoderArguments(scene: string, { video, audio }: Ingest): string[] {
  const sway = `crop=${width}:${height}:x='(iw-ow)/2*(1+sin(t/5))':y='(ih-oh)/2*(1+cos(t/7))'`;
  const clock =
    "drawtext=text='%{localtime\\:%X}':x=(w-tw)/2:y=16:fontsize=20:fontcolor=white:box=1:boxcolor=0x0B0D0E@0.6:boxborderw=8";
  const pace = `setpts=N/${framesPerSecond}/TB,fps=${framesPerSecond}`;
  const chord = [220, 277.18, 329.63].map(
    (pitch, index) => `0.05*sin(2*PI*${pitch}*t)*(0.6+0.4*sin(t/${3 + index}))`,
  );
  const tick = 'if(lt(mod(t,1),0.02),0.08*sin(2*PI*1400*t),0)';
  const [rtpVideo, rtpAudio] = [video, audio].map(
    ({ ip, port, rtcpPort }) => `rtp://${ip}:${port}?rtcpport=${rtcpPort}&pkt_size=1200`,
  );
  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error'],
    // Decoded once and repeated: decoding it for each frame would cost more than encoding.
    ...['-re', '-f', 'lavfi', '-i', `movie=${scene},format=yuv420p,loop=loop=-1:size=1:start=0,${pace}`],
    ...['-re', '-f', 'lavfi', '-i', `aevalsrc='${[...chord, tick].join('+')}':s=48000`],
    ...['-map', '0:v', '-vf', `${sway},${clock}`],
    ...[
      '-c:v',
      'libx264',
      '-profile:v',
      'baseline',
      '-level',
      '3.1',
      '-preset',
      'ultrafast',
      '-tune',
      'zerolatency',
    ],
    ...[
      '-threads',
      '1',
      '-b:v',
      '1200k',
      '-maxrate',
      '1200k',
      '-bufsize',
      '1200k',
      '-bf',
      '0',
      '-sc_threshold',
      '0',
    ],
    // A key frame a second: requests for one do not reach a plain encoder, so this is how long a join may wait.
    ...['-g', String(framesPerSecond), '-keyint_min', String(framesPerSecond)],
    ...[
      '-payload_type',
      String(video.payloadType),
      '-ssrc',
      String(video.ssrc),
      '-f',
      'rtp',
      String(rtpVideo),
    ],
    ...['-map', '1:a', '-c:a', 'libopus', '-b:a', '64k', '-ac', '2', '-frame_duration', '20'],
    ...[
      '-payload_type',
      String(audio.payloadType),
      '-ssrc',
      String(audio.ssrc),
      '-f',
      'rtp',
      String(rtpAudio),
    ],
  ];
}
