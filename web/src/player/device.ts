import type { Device } from 'mediasoup-client';
import { RouterCaps } from '#contract/media.ts';

/** What this browser can do with the routers' capabilities of this hash. */
export type LoadedDevice = { hash: string; device: Device };

const memory = 'dropcast.router-caps';
let loading: Promise<LoadedDevice> | undefined;

/** The device of the last visit's capabilities: a first guess that saves the join a round trip. */
export async function recallDevice(): Promise<LoadedDevice | undefined> {
  if (loading !== undefined) return loading;
  const caps = readMemory();
  return caps && loadDevice(caps);
}

/** Loads mediasoup-client, once, and tells it what the routers can do. */
export async function loadDevice(caps: RouterCaps): Promise<LoadedDevice> {
  const held = await loading?.catch(() => undefined);
  if (held?.hash === caps.hash) return held;
  loading = load(caps);
  loading.then(
    () => writeMemory(caps),
    () => {
      loading = undefined;
    },
  );
  return loading;
}

async function load({ hash, rtpCapabilities }: RouterCaps): Promise<LoadedDevice> {
  const { Device: MediasoupDevice } = await import('mediasoup-client');
  const device = await MediasoupDevice.factory();
  await device.load({ routerRtpCapabilities: rtpCapabilities });
  return { hash, device };
}

function readMemory(): RouterCaps | undefined {
  try {
    return RouterCaps.parse(JSON.parse(localStorage.getItem(memory) ?? 'null'));
  } catch {
    return undefined;
  }
}

function writeMemory(caps: RouterCaps): void {
  try {
    localStorage.setItem(memory, JSON.stringify(caps));
  } catch {
    // A browser without storage asks again next time.
  }
}
