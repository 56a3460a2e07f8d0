import { z } from 'zod';
import {
  ApprovalDecision,
  ClaimAnswer,
  DropDeskView,
  DropForm,
  DropView,
  ReceiptFile,
  ReceiptId,
  ReceiptKeys,
  Wallet,
} from '#contract/drops.ts';
import { accept, type ErrorCode, type Result, refuse } from '#contract/errors.ts';
import { DropId, IdempotencyKey, StreamId, VendorId } from '#contract/ids.ts';
import type { Actor } from '#contract/permissions.ts';
import { type Route, route } from '../gateway/route.ts';
import type { Claims } from './claims.ts';
import type { Drop } from './core/drop.ts';
import type { Neighbours } from './ports.ts';
import type { DropRecord, ReceiptSigner } from './store.ts';
import type { DropUseCases } from './usecases.ts';
import { toDeskView, toDropView } from './views.ts';
import type { Wallets } from './wallet.ts';

type Parts = {
  useCases: DropUseCases;
  claims: Claims;
  wallets: Wallets;
  record: DropRecord;
  signer: ReceiptSigner;
  rooms: Neighbours['rooms'];
};

const OfDrop = z.object({ dropId: DropId });
const OfStream = z.object({ streamId: StreamId });
const DropList = z.object({ drops: z.array(DropView) });
const DeskList = z.object({ drops: z.array(DropDeskView) });

/** Drops over HTTP: the desk of host and vendor, claims of scripts, the wallet. */
export function dropRoutes({ useCases, claims, wallets, record, signer, rooms }: Parts): Route[] {
  const channelOfDrop = async ({ params }: { params: { dropId: DropId } }) => {
    const drop = await record.get(params.dropId);
    return drop && { channelId: drop.channelId };
  };
  const channelOfStream = async ({ params }: { params: { streamId: StreamId } }) => {
    const stream = await rooms.streams.get(params.streamId);
    return stream && { channelId: stream.channelId };
  };
  const deskView = async (drop: Drop) => toDeskView(drop, await wallets.counts(drop.dropId));
  const deskAnswer = async <Refusal extends ErrorCode>(
    result: Result<Drop, Refusal>,
  ): Promise<Result<DropDeskView, Refusal>> => (result.ok ? accept(await deskView(result.value)) : result);

  return [
    route({
      method: 'post',
      path: '/streams/:streamId/drops',
      action: 'drop.configure',
      summary: 'Prepare a drop',
      params: OfStream,
      body: DropForm,
      reply: DropDeskView,
      status: 201,
      idempotent: true,
      scope: channelOfStream,
      async handle({ params, body, actor, idempotencyKey, audit }) {
        if (actor.kind !== 'account' || idempotencyKey === undefined) return refuse('sign-in-required');
        const who = { accountId: actor.accountId, isOperator: isOperator(actor) };
        const configured = await useCases.configure(who, params.streamId, body, idempotencyKey);
        if (configured.ok) audit({ object: configured.value.dropId, after: body });
        return deskAnswer(configured);
      },
    }),
    route({
      method: 'get',
      path: '/streams/:streamId/drops',
      action: 'drop.read',
      summary: 'Drops of a stream that are or were open',
      params: OfStream,
      reply: DropList,
      async handle({ params }) {
        const drops = await record.ofStream(params.streamId);
        return accept({ drops: drops.filter(isPublic).map(toDropView) });
      },
    }),
    route({
      method: 'get',
      path: '/streams/:streamId/desk/drops',
      action: 'stream.control',
      summary: 'All drops of a stream with approvals and worst-case cost',
      params: OfStream,
      reply: DeskList,
      scope: channelOfStream,
      async handle({ params }) {
        const drops = await record.ofStream(params.streamId);
        return accept({ drops: await Promise.all(drops.map(deskView)) });
      },
    }),
    route({
      method: 'get',
      path: '/vendors/:vendorId/drops',
      action: 'drop.read-vendor',
      summary: "Drops on a vendor's goods",
      params: z.object({ vendorId: VendorId }),
      reply: DeskList,
      scope: ({ params }) => ({ vendorId: params.vendorId }),
      async handle({ params }) {
        const drops = await record.ofVendor(params.vendorId);
        return accept({ drops: await Promise.all(drops.map(deskView)) });
      },
    }),
    route({
      method: 'get',
      path: '/drops/:dropId',
      action: 'drop.read',
      summary: 'A drop that is or was open',
      params: OfDrop,
      reply: DropView,
      async handle({ params }) {
        const drop = await record.get(params.dropId);
        return drop && isPublic(drop) ? accept(toDropView(drop)) : refuse('not-found');
      },
    }),
    route({
      method: 'put',
      path: '/drops/:dropId/approvals/:vendorId',
      action: 'drop.approve',
      summary: "Approve or refuse a drop on the vendor's goods",
      params: z.object({ dropId: DropId, vendorId: VendorId }),
      body: ApprovalDecision,
      reply: DropDeskView,
      scope: ({ params }) => ({ vendorId: params.vendorId }),
      async handle({ params: { dropId, vendorId }, body, audit }) {
        audit({ object: dropId, after: { vendorId, ...body } });
        return deskAnswer(await useCases.decide(dropId, vendorId, body.decision));
      },
    }),
    route({
      method: 'post',
      path: '/drops/:dropId/release',
      action: 'drop.release',
      summary: 'Open a prepared drop',
      params: OfDrop,
      reply: DropDeskView,
      scope: channelOfDrop,
      async handle({ params, audit }) {
        audit({ object: params.dropId, after: { state: 'open' } });
        return deskAnswer(await useCases.release(params.dropId));
      },
    }),
    route({
      method: 'post',
      path: '/drops/:dropId/close',
      action: 'drop.close',
      summary: 'End an open drop early',
      params: OfDrop,
      reply: DropDeskView,
      scope: channelOfDrop,
      async handle({ params, audit }) {
        audit({ object: params.dropId, after: { state: 'closed' } });
        return deskAnswer(await useCases.close(params.dropId));
      },
    }),
    route({
      method: 'post',
      path: '/drops/:dropId/claims',
      action: 'drop.claim',
      summary: 'Claim a coupon',
      params: OfDrop,
      reply: ClaimAnswer,
      idempotent: true,
      async handle({ params, actor, idempotencyKey }) {
        if (actor.kind !== 'account' || idempotencyKey === undefined) return refuse('sign-in-required');
        return claims.claim(actor, params.dropId, IdempotencyKey.parse(idempotencyKey));
      },
    }),
    route({
      method: 'get',
      path: '/wallet',
      action: 'wallet.read',
      summary: 'My coupons and claims',
      reply: Wallet,
      async handle({ actor }) {
        if (actor.kind !== 'account') return refuse('sign-in-required');
        return accept(await wallets.wallet(actor.accountId));
      },
    }),
    route({
      method: 'get',
      path: '/receipts/:receiptId',
      action: 'wallet.read',
      summary: 'The signed receipt of one of my claims, as a file',
      params: z.object({ receiptId: ReceiptId }),
      reply: ReceiptFile,
      async handle({ params, actor, header }) {
        if (actor.kind !== 'account') return refuse('sign-in-required');
        header('content-disposition', `attachment; filename="${params.receiptId}.json"`);
        return wallets.receipt(actor.accountId, params.receiptId);
      },
    }),
    route({
      method: 'get',
      path: '/receipt-keys',
      action: 'site.read',
      summary: 'Keys that receipts are checked with',
      reply: ReceiptKeys,
      async handle() {
        const keys = await signer.published();
        return accept({
          keys: keys.map(({ createdAt, ...key }) => ({
            ...key,
            algorithm: 'Ed25519' as const,
            createdAt: new Date(createdAt).toISOString(),
          })),
        });
      },
    }),
  ];
}

const isPublic = ({ state }: Drop): boolean => state !== 'draft';

const isOperator = (actor: Extract<Actor, { kind: 'account' }>): boolean =>
  actor.roles.some(({ role }) => role === 'operator');
