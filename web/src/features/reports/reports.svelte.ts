import { z } from 'zod';
import type { StreamId } from '#contract/ids.ts';
import { StreamReport, StreamReportRow } from '#contract/metrics.ts';
import { call } from '../../live/api.ts';

const Rows = z.object({ streams: z.array(StreamReportRow) });
const everyMs = 5000;

/** All streams with their figures, newest first. @throws ApiError */
export const readReports = async (): Promise<StreamReportRow[]> =>
  (await call('GET', '/reports/streams', Rows)).streams;

/** The report of one stream; read anew every 5 s while it is on air. */
export class ReportController {
  report = $state.raw<StreamReport>();
  fault = $state.raw<unknown>();
  readonly #streamId: StreamId;

  constructor(streamId: StreamId) {
    this.#streamId = streamId;
  }

  async load(): Promise<void> {
    try {
      this.report = await call('GET', `/reports/streams/${this.#streamId}`, StreamReport);
      this.fault = undefined;
    } catch (fault) {
      this.fault = fault;
    }
  }

  /** Keeps the report true until the returned function is called. */
  follow(): () => void {
    void this.load();
    const timer = setInterval(() => {
      if (this.report?.state === 'live') void this.load();
    }, everyMs);
    return () => clearInterval(timer);
  }
}
