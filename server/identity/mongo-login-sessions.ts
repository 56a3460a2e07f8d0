import type { LoginSessionId, PersonId } from '#contract/ids.ts';
import { type Mongo, modelOf, trusted } from '../platform/mongo.ts';
import type { IdentityStore } from './store.ts';

type Document = { _id: LoginSessionId; personId: PersonId; createdAt: Date; lastSeenAt: Date };

/** Login sessions in MongoDB: what Redis holds of them is a copy. */
export function mongoLoginSessions(mongo: Mongo): IdentityStore['loginSessions'] {
  const sessions = modelOf<Document>(mongo, 'login_sessions', {
    personId: String,
    createdAt: Date,
    lastSeenAt: Date,
  });
  return {
    async insert({ loginSessionId, personId, createdAt, lastSeenAt }) {
      await sessions.create({
        _id: loginSessionId,
        personId,
        createdAt: new Date(createdAt),
        lastSeenAt: new Date(lastSeenAt),
      });
    },
    async get(loginSessionId) {
      const found = await sessions.findOne({ _id: loginSessionId }).lean();
      if (found === null) return undefined;
      const { personId, createdAt, lastSeenAt } = found;
      return {
        loginSessionId,
        personId,
        createdAt: createdAt.getTime(),
        lastSeenAt: lastSeenAt.getTime(),
      };
    },
    async touch(loginSessionId, at) {
      await sessions.updateOne({ _id: loginSessionId }, { $max: { lastSeenAt: new Date(at) } });
    },
    async remove(loginSessionId) {
      await sessions.deleteOne({ _id: loginSessionId });
    },
    async removeAllOf(personId) {
      await sessions.deleteMany({ personId });
    },
    async removeEnded({ seenBefore, begunBefore }) {
      const ended = await sessions.deleteMany({
        $or: [
          { lastSeenAt: trusted({ $lt: new Date(seenBefore) }) },
          { createdAt: trusted({ $lt: new Date(begunBefore) }) },
        ],
      });
      return ended.deletedCount;
    },
  };
}
