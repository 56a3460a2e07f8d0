import { isDuplicate, type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import { triesBeforeAside, type WebhookInbox } from './inbox.ts';

type EventDocument = {
  _id: string;
  type: string;
  isLive: boolean;
  createdAt: Date;
  receivedAt: Date;
  intentId?: string;
  accountId?: string;
  state: 'waiting' | 'handled' | 'aside';
  handledAt?: Date;
  tries: number;
  lastFault?: string;
};

/** The inbox in the record: the event's id is the `_id`, so a copy of an event is no second event. */
export function mongoInbox(mongo: Mongo): WebhookInbox {
  const events = modelOf<EventDocument>(mongo, 'payment_events', {
    type: String,
    isLive: Boolean,
    createdAt: Date,
    receivedAt: Date,
    intentId: String,
    accountId: String,
    state: String,
    handledAt: Date,
    tries: Number,
    lastFault: String,
  });
  return {
    async keep({ eventId, intentId, accountId, onAccount: _, ...event }, receivedAt) {
      const about = { ...(intentId && { intentId }), ...(accountId && { accountId }) };
      try {
        await events.create({ _id: eventId, ...event, ...about, receivedAt, state: 'waiting', tries: 0 });
        return 'new';
      } catch (fault) {
        if (isDuplicate(fault)) return 'known';
        throw fault;
      }
    },
    async known(eventIds) {
      const found = await events.find({ _id: trusted({ $in: [...eventIds] }) }, { _id: 1 }).lean();
      return new Set(found.map(({ _id }) => _id));
    },
    async find(eventId) {
      const found = await events.findOne({ _id: eventId }).lean();
      return (
        (found && {
          eventId,
          type: found.type,
          isLive: found.isLive,
          createdAt: found.createdAt,
          intentId: found.intentId,
          accountId: found.accountId,
          isHandled: found.state === 'handled',
        }) ??
        undefined
      );
    },
    async markHandled(eventId, at) {
      await events.updateOne({ _id: eventId }, { $set: { state: 'handled', handledAt: at } });
    },
    async markFailed(eventId, fault, { isItsOwn }) {
      const set = { lastFault: fault.slice(0, 500) };
      if (!isItsOwn) return void (await events.updateOne({ _id: eventId }, { $set: set }));
      const row = await events
        .findOneAndUpdate({ _id: eventId }, { $set: set, $inc: { tries: 1 } }, { returnDocument: 'after' })
        .lean();
      if (row && row.tries >= triesBeforeAside)
        await events.updateOne({ _id: eventId, state: 'waiting' }, { $set: { state: 'aside' } });
    },
    async waiting(before, limit) {
      const found = await events
        .find({ state: 'waiting', receivedAt: trusted({ $lt: before }) }, { _id: 1 })
        .sort({ receivedAt: 1 })
        .limit(limit)
        .lean();
      return found.map(({ _id }) => _id);
    },
  };
}
