import { z } from 'zod';
import { accept, refuse } from '#contract/errors.ts';
import { StreamId } from '#contract/ids.ts';
import { StreamReport, StreamReportRow } from '#contract/metrics.ts';
import { type Route, route } from '../gateway/route.ts';
import type { Clock } from '../platform/clock.ts';
import type { Ledgers } from './ports.ts';
import { listReports, readReport } from './usecases.ts';

export function metricsRoutes(ledgers: Ledgers, clock: Clock): Route[] {
  return [
    route({
      method: 'get',
      path: '/reports/streams',
      action: 'report.read',
      summary: 'Streams with their figures, newest first',
      reply: z.object({ streams: z.array(StreamReportRow) }),
      handle: async () => accept({ streams: await listReports(ledgers) }),
    }),
    route({
      method: 'get',
      path: '/reports/streams/:streamId',
      action: 'report.read',
      summary: 'The report of one stream, recomputed from the ledgers',
      params: z.object({ streamId: StreamId }),
      reply: StreamReport,
      handle: async ({ params }) => {
        const report = await readReport(ledgers, clock, params.streamId);
        return report ? accept(report) : refuse('not-found');
      },
    }),
  ];
}
