import type { SellingTerms } from '#contract/catalog.ts';

type Goods = {
  picture: string;
  title: string;
  description: string;
  list: number;
  floor: number;
  stock: number;
  /** What sets the first variant apart from the others, where there are others. */
  variantTitle?: string;
  /** Further variants at the same price. */
  others?: { title: string; stock: number }[];
};

/** What the demo's vendors sell: amounts in cents. */
export const goods: Record<'Aki' | 'Bo', Goods[]> = {
  Aki: [
    {
      picture: 'teapot',
      title: 'Celadon teapot, 600 ml',
      description: 'Thrown and glazed by hand in Longquan. Pours clean, holds 600 ml.',
      list: 4000,
      floor: 2500,
      stock: 40,
    },
    {
      picture: 'tin',
      title: 'Tea tin, 80 g',
      description: 'Roasted oolong of this autumn in a tin that closes with a sigh.',
      list: 1200,
      floor: 800,
      stock: 50,
    },
  ],
  Bo: [
    {
      picture: 'coat',
      title: 'Wool coat',
      description: 'Boiled wool, horn buttons, two deep pockets.',
      list: 12_000,
      floor: 10_000,
      stock: 6,
    },
    {
      picture: 'scarf',
      title: 'Lambswool scarf',
      description: 'Brushed twice, so that it does not itch.',
      list: 2500,
      floor: 1800,
      stock: 20,
      variantTitle: 'Rust',
      others: [
        { title: 'Moss', stock: 12 },
        { title: 'Night', stock: 3 },
      ],
    },
  ],
};

const plain = {
  needsDelivery: false,
  shipping: [],
  stockPolicy: 'hold-at-checkout',
  cartHoldMinutes: 10,
} satisfies Partial<SellingTerms>;

/** Who the demo's vendors are, and on what conditions they sell. */
export const terms: Record<'Aki' | 'Bo', SellingTerms> = {
  Aki: {
    ...plain,
    legalName: 'Aki Teaware Ltd',
    legalAddress: '3 Kiln Lane\nLongquan',
    contactEmail: 'aki@example.org',
    conditions:
      'Packed in straw and sent by post. Thirty days to send it back unused; broken on the way is replaced.',
    dispatchDays: 2,
  },
  Bo: {
    ...plain,
    legalName: 'Bo Outfitters',
    legalAddress: '18 Mill Street\nHawick',
    contactEmail: 'bo@example.org',
    conditions: 'Sent in a paper bag. Thirty days to send it back; wear it outside and it is yours.',
    dispatchDays: 3,
  },
};
