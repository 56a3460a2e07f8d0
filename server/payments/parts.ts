import type { VendorId } from '#contract/ids.ts';
import type { Clock } from '../platform/clock.ts';
import type { Queues } from '../platform/queue.ts';
import type { WebhookInbox } from './inbox.ts';
import type { Journal } from './journal.ts';
import type { Failpoint, PaymentOutcome } from './ports.ts';
import type { SealBook } from './seals.ts';
import type { PaymentService } from './service.ts';
import type { PaymentStore } from './store.ts';

/** What payments stands on. */
export type PaymentParts = {
  store: PaymentStore;
  inbox: WebhookInbox;
  journal: Journal;
  seals: SealBook;
  stripe: PaymentService;
  clock: Clock;
  queues: Pick<Queues, 'wake'>;
  identity: { vendors: { get(vendorId: VendorId): Promise<{ name: string } | undefined> } };
  config: {
    http: { publicUrl: string };
    payments: {
      secretKey: string;
      publishableKey: string;
      simulatorUrl: string | undefined;
      /** What the platform keeps of the goods' price. */
      feePercent: number;
    };
  };
  failpoint?: Failpoint | undefined;
};

/** The parts with what compose registers afterwards. */
export type Payments = Required<Omit<PaymentParts, 'failpoint'>> & {
  failpoint: Failpoint;
  outcomes: Map<string, PaymentOutcome>;
};
