import type { PlainTransport, Producer, Router } from 'mediasoup/types';
import type { Ingest } from '#contract/internal/control.ts';
import { ProducerId } from '#contract/media.ts';

const payloadTypes = { video: 96, audio: 97 };

/** An encoder on this machine feeding a room by plain RTP: one transport a stream, since ffmpeg sends each from its own port. */
export class IngestPoint implements Disposable {
  readonly sessionId: string;
  readonly fence: number;
  readonly producers: Producer[];
  readonly address: Ingest;
  readonly #transports: PlainTransport[];

  /** `ssrc` is the video's; audio takes the next. Transports and producers are new each time, as ffmpeg's SSRC must be. */
  static async create(
    router: Router,
    { sessionId, fence, ssrc }: { sessionId: string; fence: number; ssrc: number },
  ): Promise<IngestPoint> {
    const transports: PlainTransport[] = [];
    const open = async () => {
      const transport = await router.createPlainTransport({
        listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
        rtcpMux: false,
        comedia: true,
      });
      transports.push(transport);
      return transport;
    };
    try {
      const [videoTransport, audioTransport] = [await open(), await open()];
      const video = await videoTransport.produce({ kind: 'video', rtpParameters: videoParameters(ssrc) });
      const audio = await audioTransport.produce({ kind: 'audio', rtpParameters: audioParameters(ssrc + 1) });
      return new IngestPoint(sessionId, fence, [video, audio], transports, {
        video: leg(videoTransport, video, payloadTypes.video, ssrc),
        audio: leg(audioTransport, audio, payloadTypes.audio, ssrc + 1),
      });
    } catch (fault) {
      for (const transport of transports) transport.close();
      throw fault;
    }
  }

  private constructor(
    sessionId: string,
    fence: number,
    producers: Producer[],
    transports: PlainTransport[],
    address: Ingest,
  ) {
    this.sessionId = sessionId;
    this.fence = fence;
    this.producers = producers;
    this.#transports = transports;
    this.address = address;
  }

  [Symbol.dispose](): void {
    for (const transport of this.#transports) transport.close();
  }
}

const videoParameters = (ssrc: number) => ({
  codecs: [
    {
      mimeType: 'video/H264',
      clockRate: 90_000,
      payloadType: payloadTypes.video,
      parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
      rtcpFeedback: [],
    },
  ],
  encodings: [{ ssrc }],
  rtcp: { cname: 'ingest' },
});

const audioParameters = (ssrc: number) => ({
  codecs: [
    {
      mimeType: 'audio/opus',
      clockRate: 48_000,
      channels: 2,
      payloadType: payloadTypes.audio,
      parameters: { 'sprop-stereo': 1 },
    },
  ],
  encodings: [{ ssrc }],
  rtcp: { cname: 'ingest' },
});

function leg(transport: PlainTransport, producer: Producer, payloadType: number, ssrc: number) {
  if (transport.rtcpTuple === undefined) throw new Error('a transport without rtcpMux has an RTCP port');
  return {
    ip: transport.tuple.localAddress,
    port: transport.tuple.localPort,
    rtcpPort: transport.rtcpTuple.localPort,
    payloadType,
    ssrc,
    producerId: ProducerId.parse(producer.id),
  };
}
