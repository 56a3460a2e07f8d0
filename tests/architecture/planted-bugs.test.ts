import { expect, test } from 'vitest';
import { PlantedTree } from '../support/planted-tree.ts';

type Patch = { file: string; from: string; to: string };

/** What a simulation of the order path needs; the copy holds no more. */
const parts = ['package.json', 'tsconfig.json', 'server', 'scripts/simulation', 'tests/simulation'];
const seeds = 600;

/** Runs the simulation in a copy, until the first seed that fails. */
const simulated = (tree: PlantedTree, count = seeds): Promise<string> =>
  tree.run({
    name: 'simulation',
    command: ['node', 'scripts/simulation/main.ts', '--seeds', `${count}`, '--failures', '1'],
    machine: [],
  });

/** Bugs on purpose: what is done to the source, and by which invariant the simulation tells. */
const bugs: { bug: string; says: RegExp; patches: Patch[] }[] = [
  {
    bug: '[I12] a price sent by the client is trusted',
    says: /I12 \S+ costs/,
    patches: [
      {
        file: 'server/checkout/place.ts',
        from: '  if (totals.total.amount !== quotedTotal.amount || totals.total.currency !== quotedTotal.currency)\n',
        to: '  totals.total = quotedTotal;\n  if (!totals)\n',
      },
    ],
  },
  {
    bug: '[I16] a webhook is handled without a look at its id',
    says: /I16 event \S+ was handled again/,
    patches: [
      {
        file: 'server/payments/webhooks.ts',
        from: 'if (event === undefined || event.isHandled) return;',
        to: 'if (event === undefined) return;',
      },
    ],
  },
  {
    bug: '[M-O8] a webhook is verified over a body that was parsed and written again',
    says: /M-O8 the signed event \S+ was turned away/,
    patches: [
      {
        file: 'server/payments/webhooks.ts',
        from: 'stripe.readEvent(body, signature)',
        to: 'stripe.readEvent(Buffer.from(JSON.stringify(JSON.parse(Buffer.from(body).toString()))), signature)',
      },
    ],
  },
  {
    bug: '[I18] more is refunded than was captured',
    says: /I18 \d+ was to be refunded/,
    patches: [
      {
        file: 'server/checkout/core/refund.ts',
        from: 'const left = isOpen ? totals.total.amount - refundedOf(order).amount : 0;',
        to: 'const left = isOpen ? totals.total.amount : 0;',
      },
      {
        file: 'server/payments/core/refund.ts',
        from: 'if (amount.amount < 0 || left < 0)',
        to: 'if (amount.amount < 0)',
      },
      {
        file: 'server/payments/refunds.ts',
        from: 'const left = leftOf(fact);\n  const isLate',
        to: 'const left = fact.charge?.captured ?? 0;\n  const isLate',
      },
    ],
  },
  {
    bug: '[I12] a discount is rounded line by line',
    says: /I12|RULE-2/,
    patches: [
      {
        file: 'server/catalog/core/price.ts',
        from: 'const parts = splitByWeight(left, open);',
        to: 'const whole = left;\n    const parts = open.map((weight) => Math.round((whole * weight) / sum(open)));',
      },
    ],
  },
  {
    bug: '[I13] a hold is released without a look at who holds it',
    says: /I13|I14/,
    patches: [
      {
        file: 'server/catalog/steps.ts',
        from: '  if (decided === undefined) {\n    for (const { variantId } of lines) await store.settle(variantId, { step });\n    return false;\n  }\n',
        to: '',
      },
    ],
  },
  {
    bug: '[RULE-3] a transfer is planned before the charge is confirmed',
    says: /RULE-3/,
    patches: [
      {
        file: 'server/checkout/pay.ts',
        from: "  await failpoint('checkout.pay:intent-noted');\n",
        to: `  await payments.planTransfer({
    purpose: 'order',
    subjectId: orderId,
    chargeId: \`ch_of_\${intentId}\`,
    vendorId: order.vendorId,
    hostId: order.channelId,
    paid: order.totals.total,
    fee: order.fee,
    discounts: order.discounts,
    transferGroup: orderId,
    paidAt: order.placedAt,
    transferAfter: order.placedAt,
  });
`,
      },
    ],
  },
  {
    bug: '[I11] an intent is created without its idempotency key',
    says: /I11/,
    patches: [
      {
        file: 'server/payments/pay.ts',
        // The text of the source, not a template of ours.
        from: ['key: `$', '{purpose}:$', '{subjectId}:pay:$', '{attempt}`'].join(''),
        to: 'key: `pay-at-$' + '{clock.now()}`',
      },
    ],
  },
  {
    bug: '[I14] stock is freed before the cancel is confirmed',
    says: /I14 stock of \S+ was freed while/,
    patches: [
      {
        file: 'server/checkout/ending.ts',
        from: '  for (const intentId of order.openIntents) {\n',
        to: "  for (const owner of holdOwnersOf(order)) await catalog.holds.release(owner, 'too early');\n  for (const intentId of order.openIntents) {\n",
      },
    ],
  },
  {
    bug: '[I15] the legs of a journal entry are written apart',
    says: /I15 entry \S+ does not balance/,
    patches: [
      {
        file: 'server/payments/observe.ts',
        from: 'for (const entry of entries) await journal.append(entry);',
        to:
          'for (const entry of entries)\n    for (const leg of entry.legs) await journal.append({ ...entry, causeId: `$' +
          '{entry.causeId}:$' +
          '{leg.account}`, legs: [leg] });',
      },
      {
        file: 'server/payments/core/journal.ts',
        from: 'if (legs.length < 2) return',
        to: 'if (legs.length === 1) return undefined;\n  if (legs.length < 2) return',
      },
    ],
  },
  {
    bug: '[I14] a hold is retried under a new id',
    says: /I13|I14/,
    patches: [
      {
        file: 'server/checkout/place.ts',
        from: "if (now.state === 'pending') return hold(checkout, now);",
        to:
          "if (now.state === 'pending') return hold(checkout, { ...now, holdOwner: `$" +
          '{now.holdOwner}-again` });',
      },
    ],
  },
  {
    bug: '[I10] money that came too late is ignored',
    says: /I10 \S+ is (expired|cancelled) and its charge is kept/,
    patches: [
      { file: 'server/checkout/core/money-came.ts', from: "return 'revive';", to: "return 'known';" },
    ],
  },
];

test('[M-O11] the copy that nobody broke passes the simulation', async () => {
  using tree = new PlantedTree(parts);
  expect(await simulated(tree, 100)).toMatch(/^100 seeds, 0 failing/m);
});

test('a patch whose words are gone from the source fails by name', () => {
  using tree = new PlantedTree(['package.json']);
  expect(() => tree.replace('package.json', 'words that stand nowhere', '')).toThrow(
    'the patch fits package.json no longer: words that stand nowhere',
  );
});

test.each(bugs)('a planted bug is caught by the simulation: $bug', async ({ patches, says }) => {
  using tree = new PlantedTree(parts);
  for (const { file, from, to } of patches) tree.replace(file, from, to);
  expect(await simulated(tree)).toMatch(says);
});
