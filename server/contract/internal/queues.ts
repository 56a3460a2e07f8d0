import { holdEndsQueue } from './checkout.ts';
import { dropWakeQueue } from './drops.ts';
import { paymentEventQueue } from './payments.ts';

/** Every queue, for the health page. */
export const queueNames = [holdEndsQueue.name, dropWakeQueue.name, paymentEventQueue.name];
